/** Where LMTP (RFC 2033) differs from SMTP (RFC 5321). */
export interface Dialect {
  readonly name: "smtp" | "lmtp";
  /** Nobody has registered names for ALPN: these are those that clients send, and Exim takes. */
  readonly alpn: readonly string[];
  /** What follows the host name in the greeting, unless an option says otherwise. */
  readonly banner: string;
  /** The commands by which a client introduces itself; those of the other dialect are unknown (RFC 2033 section 4.1). */
  readonly hello: readonly ("HELO" | "EHLO" | "LHLO")[];
  /** Each recipient has a reply of its own after the message (RFC 2033 section 4.2). */
  readonly replyForEachRecipient: boolean;
  readonly replies: {
    readonly helloFirst: string;
    /** To DATA without a recipient. */
    readonly noRecipients: string;
    readonly help: string;
    readonly notHttp: string;
    readonly notTls: string;
  };
}

export const smtpDialect: Dialect = {
  name: "smtp",
  alpn: ["smtp", "esmtp"],
  banner: "ESMTP Gatehouse",
  hello: ["EHLO", "HELO"],
  replyForEachRecipient: false,
  replies: {
    helloFirst: "503 5.5.1 Send EHLO or HELO first\r\n",
    noRecipients: "554 5.5.1 No valid recipients\r\n",
    help:
      "214-2.0.0 Commands: EHLO HELO MAIL RCPT DATA BDAT RSET NOOP\r\n" +
      "214-2.0.0 VRFY HELP AUTH STARTTLS QUIT\r\n" +
      "214 2.0.0 See RFC 5321\r\n",
    notHttp: "500 5.5.1 This port speaks SMTP, not HTTP\r\n",
    notTls: "500 5.5.1 This port speaks SMTP in clear; TLS starts with STARTTLS\r\n",
  },
};

export const lmtpDialect: Dialect = {
  name: "lmtp",
  alpn: ["lmtp"],
  banner: "LMTP Gatehouse",
  hello: ["LHLO"],
  replyForEachRecipient: true,
  replies: {
    helloFirst: "503 5.5.1 Send LHLO first\r\n",
    noRecipients: "503 5.5.1 No valid recipients\r\n",
    help:
      "214-2.0.0 Commands: LHLO MAIL RCPT DATA BDAT RSET NOOP\r\n" +
      "214-2.0.0 VRFY HELP AUTH STARTTLS QUIT\r\n" +
      "214 2.0.0 See RFC 2033\r\n",
    notHttp: "500 5.5.1 This port speaks LMTP, not HTTP\r\n",
    notTls: "500 5.5.1 This port speaks LMTP in clear; TLS starts with STARTTLS\r\n",
  },
};
