/** One end of a connection. IPv4-mapped IPv6 addresses appear as IPv4. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}
