/** Gauges of how long the served certificates are valid, for alerts. */
import type * as Library from "prom-client";

export interface CertificateSource {
  /** The certificates of the document in force, or the self-signed one. */
  readonly certificates: readonly {
    readonly id: string;
    /** The server's own certificate and its issuers. */
    readonly chain: readonly { readonly subject: string; readonly role: string; readonly notValidAfter: Date }[];
  }[];
  /** Of a certificate that renews itself; null for others. */
  orderStatus(id: string): { readonly renewsAt: Date | null } | null;
  /** The date that validity is judged by. */
  readonly date: Date;
}

export function certificateGauges(
  { Gauge }: typeof Library,
  registry: Library.Registry,
  source: CertificateSource,
): void {
  new Gauge({
    name: "gatehouse_certificate_expires_seconds",
    help: "Until the end of a certificate, and of each issuer in its chain; negative once it has expired.",
    labelNames: ["certificate", "subject", "role"],
    registers: [registry],
    collect() {
      this.reset();
      const now = source.date.getTime();
      for (const { id, chain } of source.certificates)
        for (const { subject, role, notValidAfter } of chain)
          this.set({ certificate: id, subject, role }, (notValidAfter.getTime() - now) / 1_000);
    },
  });
  new Gauge({
    name: "gatehouse_certificate_renewal_seconds",
    help: "Until another certificate is ordered by ACME; negative while that fails.",
    labelNames: ["certificate"],
    registers: [registry],
    collect() {
      this.reset();
      const now = source.date.getTime();
      for (const { id } of source.certificates) {
        const renewsAt = source.orderStatus(id)?.renewsAt;
        if (renewsAt) this.set({ certificate: id }, (renewsAt.getTime() - now) / 1_000);
      }
    },
  });
}
