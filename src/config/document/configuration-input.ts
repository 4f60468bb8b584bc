/** The document as one writes it. Written by `npm run docs` from the schema, which has the rules. */

export interface TextInput {
  readonly "@type": "Text";
  readonly value?: string | undefined;
  readonly secret?: string | undefined;
}

export interface EnvironmentVariableInput {
  readonly "@type": "EnvironmentVariable";
  readonly variableName: string;
}

export interface FileInput {
  readonly "@type": "File";
  /** Relative to the folder of the document. */
  readonly filePath: string;
}

export interface ConnectionRateInput {
  /** Connections allowed in each interval. */
  readonly count: number;
  /** Length of the interval. */
  readonly interval: number | string;
}

export interface LimitsInput {
  /** The longest command line. In octets. Default: null. */
  readonly commandLine?: number | null | undefined;
  /** The longest line of a log-in. In octets. Default: null. */
  readonly authLine?: number | null | undefined;
  /** The longest line of a message's text. In octets. Default: null. */
  readonly textLine?: number | null | undefined;
  /** The largest message. In octets. Default: null. */
  readonly messageSize?: number | null | undefined;
  /** How much of a script that is too large is read before the client is cut off. In octets. Default: null. */
  readonly refusedScript?: number | null | undefined;
  /** Recipients of one message. Default: null. */
  readonly recipients?: number | null | undefined;
  /** Rejected recipients after which the session ends. Default: null. */
  readonly rejectedRecipients?: number | null | undefined;
  /** Errors after which the session ends. Default: null. */
  readonly errors?: number | null | undefined;
  /** Failed log-ins after which the session ends. Default: null. */
  readonly authenticationFailures?: number | null | undefined;
  /** Commands without a log-in after which the session ends. Default: null. */
  readonly commandsBeforeLogin?: number | null | undefined;
  /** Commands without an accepted message after which the session ends. Default: null. */
  readonly commandsWithoutMail?: number | null | undefined;
  /** Limit from the greeting to the log-in. Default: null. */
  readonly loginTimeout?: number | string | null | undefined;
  /** Limit of silence after the greeting. Default: null. */
  readonly firstCommandTimeout?: number | string | null | undefined;
  /** Limit of silence between commands. Default: null. */
  readonly commandTimeout?: number | string | null | undefined;
  /** Limit of silence between commands. Default: null. */
  readonly idleTimeout?: number | string | null | undefined;
  /** Limit of silence within a message. Default: null. */
  readonly contentTimeout?: number | string | null | undefined;
  /** Limit without an accepted message or a log-in, whatever is said. Default: null. */
  readonly progressTimeout?: number | string | null | undefined;
  /** Time between the signs of life that IDLE sends. Default: null. */
  readonly idleNotifyInterval?: number | string | null | undefined;
  /** The slowest that a message may come, each second. In octets. Default: null. */
  readonly contentRate?: number | null | undefined;
}

export interface NetworkListenerInput {
  /** Identifies the listener in logs, metrics and the API. Unique. */
  readonly name: string;
  /** One of the six built-in protocols, or one that the embedder registered. Default: "smtp". */
  readonly protocol?: "smtp" | "lmtp" | "http" | "imap" | "pop3" | "manageSieve" | (string & {}) | undefined;
  /** Addresses to listen on: IPv4 or bracketed IPv6, with a port. [::]:P listens on both families; port 0 asks for a free port. */
  readonly bind:
    | readonly ("[::]:25" | "127.0.0.1:2525" | "unix:/run/gatehouse/lmtp.sock" | (string & {}))[]
    | ({ readonly [name: string]: true } & { readonly length?: never });
  /** Cap on the concurrent connections of this listener, over all its addresses. Null: the server's maxConnections. Default: null. */
  readonly maxConnections?: number | null | undefined;
  /** When not empty, replaces the server's proxyTrustedNetworks for this listener. Default: []. */
  readonly overrideProxyTrustedNetworks?:
    | readonly ("10.0.0.0/8" | "2001:db8::/32" | "unix:" | (string & {}))[]
    | ({ readonly [name: string]: true } & { readonly length?: never })
    | undefined;
  /** Proxies that are trusted to name the client of an HTTP request, in the field that forwardedField selects; unix: for those on a Unix socket. Empty: none. Default: []. */
  readonly forwardedTrustedNetworks?:
    | readonly ("10.0.0.0/8" | "2001:db8::/32" | "unix:" | (string & {}))[]
    | ({ readonly [name: string]: true } & { readonly length?: never })
    | undefined;
  /** Where trusted HTTP proxies name the client: X-Forwarded-For, or Forwarded (RFC 7239). The other is ignored. Default: "xForwardedFor". */
  readonly forwardedField?: "xForwardedFor" | "forwarded" | undefined;
  /** HTTP/2 beside HTTP/1.1 on a listener of HTTP: by ALPN under TLS, in clear for clients that begin with it. false: HTTP/1.1 alone. Default: true. */
  readonly http2?: boolean | undefined;
  /** SO_REUSEADDR. Default: true. */
  readonly socketReuseAddress?: boolean | undefined;
  /** SO_REUSEPORT. Default: true. */
  readonly socketReusePort?: boolean | undefined;
  /** Backlog of listen(2): connections that the kernel queues. Null: 1024. Default: 1024. */
  readonly socketBacklog?: number | null | undefined;
  /** IP_TTL, and IPV6_UNICAST_HOPS on IPv6. Null: the system's own. Default: null. */
  readonly socketTtl?: number | null | undefined;
  /** SO_SNDBUF, in bytes. Null: the system's own. Default: null. */
  readonly socketSendBufferSize?: number | null | undefined;
  /** SO_RCVBUF, in bytes, set before listen(2). Null: the system's own. Default: null. */
  readonly socketReceiveBufferSize?: number | null | undefined;
  /** IP_TOS of IPv4 traffic. Null: the system's own. Default: null. */
  readonly socketTosV4?: number | null | undefined;
  /** Of the file of a Unix socket, as for chmod(1): who may write it may connect. Default: "0660". */
  readonly socketMode?: string | undefined;
  /** Of the file of a Unix socket, as for chown(1): user:group, user, or :group. Null: those of the process. Default: null. */
  readonly socketOwner?: string | null | undefined;
  /** TCP_NODELAY. Default: true. */
  readonly socketNoDelay?: boolean | undefined;
  /** Whether TLS is available on this listener at all. Default: true. */
  readonly useTls?: boolean | undefined;
  /** TLS from the first byte; otherwise STARTTLS where the protocol has it (HTTP has none). Default: false. */
  readonly tlsImplicit?: boolean | undefined;
  /** Limit of the whole TLS handshake, implicit or STARTTLS. Null: a minute. Default: 60000. */
  readonly tlsTimeout?: number | string | null | undefined;
  /** TLS versions to refuse. Default: []. */
  readonly tlsDisableProtocols?:
    | readonly ("tls12" | "tls13")[]
    | { readonly [Name in "tls12" | "tls13"]?: true }
    | undefined;
  /** Cipher suites to refuse. Without any TLS 1.3 suite, TLS 1.3 is refused too. Default: []. */
  readonly tlsDisableCipherSuites?:
    | readonly (
        | "tls13-aes-256-gcm-sha384"
        | "tls13-aes-128-gcm-sha256"
        | "tls13-chacha20-poly1305-sha256"
        | "tls-ecdhe-ecdsa-with-aes-256-gcm-sha384"
        | "tls-ecdhe-rsa-with-aes-256-gcm-sha384"
        | "tls-ecdhe-ecdsa-with-aes-128-gcm-sha256"
        | "tls-ecdhe-rsa-with-aes-128-gcm-sha256"
        | "tls-ecdhe-ecdsa-with-chacha20-poly1305-sha256"
        | "tls-ecdhe-rsa-with-chacha20-poly1305-sha256"
      )[]
    | {
        readonly [Name in
          | "tls13-aes-256-gcm-sha384"
          | "tls13-aes-128-gcm-sha256"
          | "tls13-chacha20-poly1305-sha256"
          | "tls-ecdhe-ecdsa-with-aes-256-gcm-sha384"
          | "tls-ecdhe-rsa-with-aes-256-gcm-sha384"
          | "tls-ecdhe-ecdsa-with-aes-128-gcm-sha256"
          | "tls-ecdhe-rsa-with-aes-128-gcm-sha256"
          | "tls-ecdhe-ecdsa-with-chacha20-poly1305-sha256"
          | "tls-ecdhe-rsa-with-chacha20-poly1305-sha256"]?: true;
      }
    | undefined;
  /** The server's order of cipher suites wins over the client's. Default: true. */
  readonly tlsIgnoreClientOrder?: boolean | undefined;
  /** Whether clients are asked for a certificate, and whether they must have one that tlsClientCa has issued. Default: "none". */
  readonly tlsClientAuth?: "none" | "optional" | "required" | undefined;
  /** The certificate authorities of clients in PEM, one or several. Needed where clients are asked for certificates. Default: null. */
  readonly tlsClientCa?: TextInput | EnvironmentVariableInput | FileInput | null | undefined;
  /** At the cap, reject: accept, send the protocol's refusal, close. Hold: stop accepting, so that clients queue in the kernel. Default: "reject". */
  readonly atCapacity?: "reject" | "hold" | undefined;
  /** Count only against this listener's own cap, so that it stays reachable when the server is full. Default: false. */
  readonly ignoreServerCap?: boolean | undefined;
  /** Limit of the whole PROXY header. Default: 5000. */
  readonly proxyTimeout?: number | string | undefined;
  /** Limit of all admission rules that ask elsewhere, together; an embedder's only. Default: 5000. */
  readonly admissionTimeout?: number | string | undefined;
  /** TLS handshakes in progress at once; further ones queue. Null: no limit. Default: null. */
  readonly maxHandshakes?: number | null | undefined;
  /** Concurrent connections of one client address, or of one /64 of IPv6. Null: no limit. Default: null. */
  readonly maxConnectionsPerAddress?: number | null | undefined;
  /** New connections of one client address, or of one /64 of IPv6. Null: no limit. Default: null. */
  readonly connectionRate?: ConnectionRateInput | null | undefined;
  /** What the greeting says after the host name; in ManageSieve its IMPLEMENTATION. Null: the protocol's own. Default: null. */
  readonly banner?: string | null | undefined;
  /** Mail clients may log in without TLS too. Their passwords can be read on the way then. Default: false. */
  readonly authWithoutTls?: boolean | undefined;
  /** What a mail client may ask of one session. Which limits there are depends on the protocol. Null: its default. Default: {}. */
  readonly limits?: LimitsInput | undefined;
  /** Set by a server. Ignored. @deprecated */
  readonly id?: unknown | undefined;
  /** Set by a server. Ignored. @deprecated */
  readonly createdAt?: unknown | undefined;
}

export interface ClusterInput {
  /** Where the Redis or Valkey of the fleet is, or the Sentinels or servers of a cluster that know it. Never shown: it may have a password. */
  readonly url: TextInput | EnvironmentVariableInput | FileInput | string;
  /** Name of this node within the fleet. --node and GATEHOUSE_NODE take precedence. Null: the host name. Default: null. */
  readonly node?: string | null | undefined;
  /** Listeners that this node opens, by name. Empty: all. Default: []. */
  readonly roles?:
    | readonly ("smtp" | (string & {}))[]
    | ({ readonly [name: string]: true } & { readonly length?: never })
    | undefined;
  /** What becomes of new clients once the engine has been out of reach for longer than the lease. local: they are let in up to this node's equal share of each cap. refuse: nobody is let in. Default: "local". */
  readonly onLoss?: "local" | "refuse" | undefined;
  /** Begins all keys and channels in the engine. Fleets that share an engine have different ones. Default: "gatehouse". */
  readonly keyPrefix?: string | undefined;
  /** Seals what nodes share by the engine and the engine must not read: keys of session tickets, certificates that are ordered by ACME. At least 32 characters, the same for all nodes. Null: nothing of the kind is shared. */
  readonly encryptionKey?: TextInput | EnvironmentVariableInput | FileInput | null | undefined;
  /** For how long a node that is not heard of keeps its part of the caps. Default: 10000. */
  readonly leaseTime?: number | string | undefined;
}

export interface SystemSettingsInput {
  /** The name that the server greets with. Unless given, the machine's host name. */
  readonly defaultHostname?: string | undefined;
  /** The certificate for clients that name no host, or one that no certificate covers. Null: the only certificate, if there is one. Default: null. */
  readonly defaultCertificateId?: string | null | undefined;
  /** Cap on the concurrent connections of the whole server. Default: 8192. */
  readonly maxConnections?: number | undefined;
  /** Threads that accept and serve, each with an event loop of its own; "auto" for one on each core that the process may use. With 1 the main thread serves by itself. */
  readonly workers?: "auto" | number | string | undefined;
  /** Makes this server a node of a fleet, whose nodes share an engine of Redis's protocol. Read at the start, except for roles and onLoss. Null: a server of its own. Default: null. */
  readonly cluster?: ClusterInput | null | undefined;
  /** Peers that must send a PROXY header; from others none is expected. unix: stands for whoever connects to a Unix socket. Default: []. */
  readonly proxyTrustedNetworks?:
    | readonly ("10.0.0.0/8" | "2001:db8::/32" | "unix:" | (string & {}))[]
    | ({ readonly [name: string]: true } & { readonly length?: never })
    | undefined;
  /** How long sessions may take to finish when the server stops or a listener is removed. Default: 30000. */
  readonly drainTimeout?: number | string | undefined;
  /** How long a successor may take to be ready in an upgrade in place; the server goes on without one then. Default: 30000. */
  readonly upgradeTimeout?: number | string | undefined;
  /** Who may read /healthz, /readyz and /metrics. open: everybody. account: an account or a token with the permission sysMetricsGet; health is still open on loopback addresses. Null: open on loopback addresses, account elsewhere. Default: null. */
  readonly metricsAccess?: "open" | "account" | null | undefined;
  /** Separates a detail from an account's name: mail for ann+lists@ goes to ann@ unless ann+lists@ is an account. Null: no details. Default: "+". */
  readonly recipientDelimiter?: string | null | undefined;
  /** Set by a server. Ignored. @deprecated */
  readonly id?: unknown | undefined;
  /** Set by a server. Ignored. @deprecated */
  readonly createdAt?: unknown | undefined;
  /** A setting of Stalwart's without meaning here. Ignored. @deprecated */
  readonly defaultDomainId?: unknown | undefined;
  /** A setting of Stalwart's without meaning here. Ignored. @deprecated */
  readonly threadPoolSize?: unknown | undefined;
  /** A setting of Stalwart's without meaning here. Ignored. @deprecated */
  readonly mailExchangers?: unknown | undefined;
  /** A setting of Stalwart's without meaning here. Ignored. @deprecated */
  readonly services?: unknown | undefined;
  /** A setting of Stalwart's without meaning here. Ignored. @deprecated */
  readonly providerInfo?: unknown | undefined;
}

export interface CertificateInput {
  /** Acme: ordered and renewed by itself. Null: given by certificate and privateKey. Default: null. */
  readonly "@type"?: "Acme" | null | undefined;
  /** The certificate in PEM, followed by its intermediates. Required unless @type is Acme. */
  readonly certificate?: TextInput | EnvironmentVariableInput | FileInput | null | undefined;
  /** The private key of the certificate, in PEM, not encrypted. Required unless @type is Acme. */
  readonly privateKey?: TextInput | EnvironmentVariableInput | FileInput | null | undefined;
  /** Acme: the names that the certificate is for, at least one. No wildcards and no IP addresses. Default: []. */
  readonly domains?:
    | readonly ("mail.example.com" | (string & {}))[]
    | ({ readonly [name: string]: true } & { readonly length?: never })
    | undefined;
  /** Acme: whom the authority may write to about the account. Default: []. */
  readonly contact?:
    | readonly ("admin@example.com" | (string & {}))[]
    | ({ readonly [name: string]: true } & { readonly length?: never })
    | undefined;
  /** Acme: the directory of the authority (RFC 8555 section 7.1.1). Null: Let's Encrypt. Default: null. */
  readonly directory?: string | null | undefined;
  /** Acme: how control of the domains is proved. tls-alpn-01: on port 443, by every listener with TLS (RFC 8737). http-01: on port 80, by every http listener (RFC 8555 section 8.3). Default: "tls-alpn-01". */
  readonly challenge?: "tls-alpn-01" | "http-01" | undefined;
  /** Acme: the key identifier of an account that you have at the authority (RFC 8555 section 7.3.4), where it asks for one. Null: none. Default: null. */
  readonly eabKeyId?: string | null | undefined;
  /** Acme: the key that belongs to eabKeyId, in base64url as the authority gives it. */
  readonly eabHmacKey?: TextInput | EnvironmentVariableInput | FileInput | null | undefined;
  /** Set by a server. Ignored. @deprecated */
  readonly id?: unknown | undefined;
  /** Set by a server. Ignored. @deprecated */
  readonly createdAt?: unknown | undefined;
  /** Read from the certificate, never written. Ignored. @deprecated */
  readonly subjectAlternativeNames?: unknown | undefined;
  /** Read from the certificate, never written. Ignored. @deprecated */
  readonly notValidBefore?: unknown | undefined;
  /** Read from the certificate, never written. Ignored. @deprecated */
  readonly notValidAfter?: unknown | undefined;
  /** Read from the certificate, never written. Ignored. @deprecated */
  readonly issuer?: unknown | undefined;
  /** Set by a server. Ignored. @deprecated */
  readonly state?: unknown | undefined;
  /** Set by a server. Ignored. @deprecated */
  readonly renewsAt?: unknown | undefined;
  /** Set by a server. Ignored. @deprecated */
  readonly lastError?: unknown | undefined;
}

export interface CertificateInputInMap {
  /** The id that `defaultCertificateId` refers to. Unique. */
  readonly id: string;
  /** Acme: ordered and renewed by itself. Null: given by certificate and privateKey. Default: null. */
  readonly "@type"?: "Acme" | null | undefined;
  /** The certificate in PEM, followed by its intermediates. Required unless @type is Acme. */
  readonly certificate?: TextInput | EnvironmentVariableInput | FileInput | null | undefined;
  /** The private key of the certificate, in PEM, not encrypted. Required unless @type is Acme. */
  readonly privateKey?: TextInput | EnvironmentVariableInput | FileInput | null | undefined;
  /** Acme: the names that the certificate is for, at least one. No wildcards and no IP addresses. Default: []. */
  readonly domains?:
    | readonly ("mail.example.com" | (string & {}))[]
    | ({ readonly [name: string]: true } & { readonly length?: never })
    | undefined;
  /** Acme: whom the authority may write to about the account. Default: []. */
  readonly contact?:
    | readonly ("admin@example.com" | (string & {}))[]
    | ({ readonly [name: string]: true } & { readonly length?: never })
    | undefined;
  /** Acme: the directory of the authority (RFC 8555 section 7.1.1). Null: Let's Encrypt. Default: null. */
  readonly directory?: string | null | undefined;
  /** Acme: how control of the domains is proved. tls-alpn-01: on port 443, by every listener with TLS (RFC 8737). http-01: on port 80, by every http listener (RFC 8555 section 8.3). Default: "tls-alpn-01". */
  readonly challenge?: "tls-alpn-01" | "http-01" | undefined;
  /** Acme: the key identifier of an account that you have at the authority (RFC 8555 section 7.3.4), where it asks for one. Null: none. Default: null. */
  readonly eabKeyId?: string | null | undefined;
  /** Acme: the key that belongs to eabKeyId, in base64url as the authority gives it. */
  readonly eabHmacKey?: TextInput | EnvironmentVariableInput | FileInput | null | undefined;
  /** Set by a server. Ignored. @deprecated */
  readonly createdAt?: unknown | undefined;
  /** Read from the certificate, never written. Ignored. @deprecated */
  readonly subjectAlternativeNames?: unknown | undefined;
  /** Read from the certificate, never written. Ignored. @deprecated */
  readonly notValidBefore?: unknown | undefined;
  /** Read from the certificate, never written. Ignored. @deprecated */
  readonly notValidAfter?: unknown | undefined;
  /** Read from the certificate, never written. Ignored. @deprecated */
  readonly issuer?: unknown | undefined;
  /** Set by a server. Ignored. @deprecated */
  readonly state?: unknown | undefined;
  /** Set by a server. Ignored. @deprecated */
  readonly renewsAt?: unknown | undefined;
  /** Set by a server. Ignored. @deprecated */
  readonly lastError?: unknown | undefined;
}

export interface AccountInput {
  /** The password: clear text, or a scrypt hash in PHC form. */
  readonly secret: TextInput | EnvironmentVariableInput | FileInput;
  /** admin: may use the management API. observer: may read by it. Default: []. */
  readonly roles?: readonly ("admin" | "observer")[] | { readonly [Name in "admin" | "observer"]?: true } | undefined;
  /** Set by a server. Ignored. @deprecated */
  readonly id?: unknown | undefined;
  /** Set by a server. Ignored. @deprecated */
  readonly createdAt?: unknown | undefined;
}

export interface BlockedIpInput {
  /** The IP address or network whose clients are refused. */
  readonly address: "10.0.0.0/8" | "2001:db8::/32" | (string & {});
  /** When its clients are admitted again. Null: never. Default: null. */
  readonly expiresAt?: string | null | undefined;
  /** A note for people who read the list. Default: null. */
  readonly reason?: string | null | undefined;
  /** Set by a server. Ignored. @deprecated */
  readonly id?: unknown | undefined;
  /** Set by a server. Ignored. @deprecated */
  readonly createdAt?: unknown | undefined;
}

export interface AllowedIpInput {
  /** The IP address or network that is exempt from the rules about addresses. */
  readonly address: "10.0.0.0/8" | "2001:db8::/32" | (string & {});
  /** When the exemption ends. Null: never. Default: null. */
  readonly expiresAt?: string | null | undefined;
  /** A note for people who read the list. Default: null. */
  readonly reason?: string | null | undefined;
  /** Set by a server. Ignored. @deprecated */
  readonly id?: unknown | undefined;
  /** Set by a server. Ignored. @deprecated */
  readonly createdAt?: unknown | undefined;
}

export interface NetworkListenerInputInMap {
  /** Identifies the listener; the key of this object unless given. Unique. */
  readonly name?: string | undefined;
  /** One of the six built-in protocols, or one that the embedder registered. Default: "smtp". */
  readonly protocol?: "smtp" | "lmtp" | "http" | "imap" | "pop3" | "manageSieve" | (string & {}) | undefined;
  /** Addresses to listen on: IPv4 or bracketed IPv6, with a port. [::]:P listens on both families; port 0 asks for a free port. */
  readonly bind:
    | readonly ("[::]:25" | "127.0.0.1:2525" | "unix:/run/gatehouse/lmtp.sock" | (string & {}))[]
    | ({ readonly [name: string]: true } & { readonly length?: never });
  /** Cap on the concurrent connections of this listener, over all its addresses. Null: the server's maxConnections. Default: null. */
  readonly maxConnections?: number | null | undefined;
  /** When not empty, replaces the server's proxyTrustedNetworks for this listener. Default: []. */
  readonly overrideProxyTrustedNetworks?:
    | readonly ("10.0.0.0/8" | "2001:db8::/32" | "unix:" | (string & {}))[]
    | ({ readonly [name: string]: true } & { readonly length?: never })
    | undefined;
  /** Proxies that are trusted to name the client of an HTTP request, in the field that forwardedField selects; unix: for those on a Unix socket. Empty: none. Default: []. */
  readonly forwardedTrustedNetworks?:
    | readonly ("10.0.0.0/8" | "2001:db8::/32" | "unix:" | (string & {}))[]
    | ({ readonly [name: string]: true } & { readonly length?: never })
    | undefined;
  /** Where trusted HTTP proxies name the client: X-Forwarded-For, or Forwarded (RFC 7239). The other is ignored. Default: "xForwardedFor". */
  readonly forwardedField?: "xForwardedFor" | "forwarded" | undefined;
  /** HTTP/2 beside HTTP/1.1 on a listener of HTTP: by ALPN under TLS, in clear for clients that begin with it. false: HTTP/1.1 alone. Default: true. */
  readonly http2?: boolean | undefined;
  /** SO_REUSEADDR. Default: true. */
  readonly socketReuseAddress?: boolean | undefined;
  /** SO_REUSEPORT. Default: true. */
  readonly socketReusePort?: boolean | undefined;
  /** Backlog of listen(2): connections that the kernel queues. Null: 1024. Default: 1024. */
  readonly socketBacklog?: number | null | undefined;
  /** IP_TTL, and IPV6_UNICAST_HOPS on IPv6. Null: the system's own. Default: null. */
  readonly socketTtl?: number | null | undefined;
  /** SO_SNDBUF, in bytes. Null: the system's own. Default: null. */
  readonly socketSendBufferSize?: number | null | undefined;
  /** SO_RCVBUF, in bytes, set before listen(2). Null: the system's own. Default: null. */
  readonly socketReceiveBufferSize?: number | null | undefined;
  /** IP_TOS of IPv4 traffic. Null: the system's own. Default: null. */
  readonly socketTosV4?: number | null | undefined;
  /** Of the file of a Unix socket, as for chmod(1): who may write it may connect. Default: "0660". */
  readonly socketMode?: string | undefined;
  /** Of the file of a Unix socket, as for chown(1): user:group, user, or :group. Null: those of the process. Default: null. */
  readonly socketOwner?: string | null | undefined;
  /** TCP_NODELAY. Default: true. */
  readonly socketNoDelay?: boolean | undefined;
  /** Whether TLS is available on this listener at all. Default: true. */
  readonly useTls?: boolean | undefined;
  /** TLS from the first byte; otherwise STARTTLS where the protocol has it (HTTP has none). Default: false. */
  readonly tlsImplicit?: boolean | undefined;
  /** Limit of the whole TLS handshake, implicit or STARTTLS. Null: a minute. Default: 60000. */
  readonly tlsTimeout?: number | string | null | undefined;
  /** TLS versions to refuse. Default: []. */
  readonly tlsDisableProtocols?:
    | readonly ("tls12" | "tls13")[]
    | { readonly [Name in "tls12" | "tls13"]?: true }
    | undefined;
  /** Cipher suites to refuse. Without any TLS 1.3 suite, TLS 1.3 is refused too. Default: []. */
  readonly tlsDisableCipherSuites?:
    | readonly (
        | "tls13-aes-256-gcm-sha384"
        | "tls13-aes-128-gcm-sha256"
        | "tls13-chacha20-poly1305-sha256"
        | "tls-ecdhe-ecdsa-with-aes-256-gcm-sha384"
        | "tls-ecdhe-rsa-with-aes-256-gcm-sha384"
        | "tls-ecdhe-ecdsa-with-aes-128-gcm-sha256"
        | "tls-ecdhe-rsa-with-aes-128-gcm-sha256"
        | "tls-ecdhe-ecdsa-with-chacha20-poly1305-sha256"
        | "tls-ecdhe-rsa-with-chacha20-poly1305-sha256"
      )[]
    | {
        readonly [Name in
          | "tls13-aes-256-gcm-sha384"
          | "tls13-aes-128-gcm-sha256"
          | "tls13-chacha20-poly1305-sha256"
          | "tls-ecdhe-ecdsa-with-aes-256-gcm-sha384"
          | "tls-ecdhe-rsa-with-aes-256-gcm-sha384"
          | "tls-ecdhe-ecdsa-with-aes-128-gcm-sha256"
          | "tls-ecdhe-rsa-with-aes-128-gcm-sha256"
          | "tls-ecdhe-ecdsa-with-chacha20-poly1305-sha256"
          | "tls-ecdhe-rsa-with-chacha20-poly1305-sha256"]?: true;
      }
    | undefined;
  /** The server's order of cipher suites wins over the client's. Default: true. */
  readonly tlsIgnoreClientOrder?: boolean | undefined;
  /** Whether clients are asked for a certificate, and whether they must have one that tlsClientCa has issued. Default: "none". */
  readonly tlsClientAuth?: "none" | "optional" | "required" | undefined;
  /** The certificate authorities of clients in PEM, one or several. Needed where clients are asked for certificates. Default: null. */
  readonly tlsClientCa?: TextInput | EnvironmentVariableInput | FileInput | null | undefined;
  /** At the cap, reject: accept, send the protocol's refusal, close. Hold: stop accepting, so that clients queue in the kernel. Default: "reject". */
  readonly atCapacity?: "reject" | "hold" | undefined;
  /** Count only against this listener's own cap, so that it stays reachable when the server is full. Default: false. */
  readonly ignoreServerCap?: boolean | undefined;
  /** Limit of the whole PROXY header. Default: 5000. */
  readonly proxyTimeout?: number | string | undefined;
  /** Limit of all admission rules that ask elsewhere, together; an embedder's only. Default: 5000. */
  readonly admissionTimeout?: number | string | undefined;
  /** TLS handshakes in progress at once; further ones queue. Null: no limit. Default: null. */
  readonly maxHandshakes?: number | null | undefined;
  /** Concurrent connections of one client address, or of one /64 of IPv6. Null: no limit. Default: null. */
  readonly maxConnectionsPerAddress?: number | null | undefined;
  /** New connections of one client address, or of one /64 of IPv6. Null: no limit. Default: null. */
  readonly connectionRate?: ConnectionRateInput | null | undefined;
  /** What the greeting says after the host name; in ManageSieve its IMPLEMENTATION. Null: the protocol's own. Default: null. */
  readonly banner?: string | null | undefined;
  /** Mail clients may log in without TLS too. Their passwords can be read on the way then. Default: false. */
  readonly authWithoutTls?: boolean | undefined;
  /** What a mail client may ask of one session. Which limits there are depends on the protocol. Null: its default. Default: {}. */
  readonly limits?: LimitsInput | undefined;
  /** Set by a server. Ignored. @deprecated */
  readonly id?: unknown | undefined;
  /** Set by a server. Ignored. @deprecated */
  readonly createdAt?: unknown | undefined;
}

/** The document, with every section by its name. */
export interface ConfigurationSections {
  /** For editors; without effect. */
  readonly $schema?: string | undefined;
  /** Settings of the whole server. */
  readonly SystemSettings?: SystemSettingsInput | undefined;
  /** Certificates: a map from id to certificate, or an array of them with their ids. */
  readonly Certificate?:
    | ({ readonly [name: string]: CertificateInput } & { readonly length?: never })
    | readonly CertificateInputInMap[]
    | undefined;
  /** Who may log in, by mail address. */
  readonly Account?: ({ readonly [name: string]: AccountInput } & { readonly length?: never }) | undefined;
  /** Refused by every listener: an array, or a map from id to address or network. */
  readonly BlockedIp?:
    | readonly BlockedIpInput[]
    | ({ readonly [name: string]: BlockedIpInput } & { readonly length?: never })
    | undefined;
  /** Exempt from BlockedIp and from the limits of addresses: an array, or a map from id to address or network. */
  readonly AllowedIp?:
    | readonly AllowedIpInput[]
    | ({ readonly [name: string]: AllowedIpInput } & { readonly length?: never })
    | undefined;
  /** What listens where: an array, or a map from id to listener. */
  readonly NetworkListener?:
    | readonly NetworkListenerInput[]
    | ({ readonly [name: string]: NetworkListenerInputInMap } & { readonly length?: never })
    | undefined;
}

/** The document as one writes it: its sections, or the listeners alone. */
export type ConfigurationInput = ConfigurationSections | readonly NetworkListenerInput[];
