import type { IncomingHttpHeaders } from 'node:http';

// Anything that a browser shows can send requests to loopback. A name of the attacker's that resolves to 127.0.0.1 is told by
// its Host header, a foreign page by its Origin.

const LOOPBACK_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]']);

export type AllowedCallers = {
  /** Host names besides loopback's, for instance the one by which a container reaches this machine. */
  readonly hosts: readonly string[];
  /** Origins besides the gateway's own, for instance a web development server's. */
  readonly origins: readonly string[];
};

/** Undefined: the request may pass. Otherwise why it may not. */
export function checkCaller(
  headers: IncomingHttpHeaders,
  allowed: AllowedCallers,
): string | undefined {
  const host = parseHost(headers.host);
  if (host === undefined || !isKnownHost(host.hostname, allowed)) {
    return 'this server answers to localhost only: the Host header names another';
  }
  const { origin } = headers;
  if (origin === undefined || allowed.origins.includes(origin)) return undefined;
  if (isOwnOrigin(origin, host, allowed)) return undefined;
  return 'requests from pages of another origin are refused';
}

function isOwnOrigin(origin: string, host: URL, allowed: AllowedCallers): boolean {
  if (!URL.canParse(origin)) return false;
  const url = new URL(origin);
  const port = url.port === '' ? '80' : url.port;
  const ownPort = host.port === '' ? '80' : host.port;
  return url.protocol === 'http:' && port === ownPort && isKnownHost(url.hostname, allowed);
}

function isKnownHost(hostname: string, allowed: AllowedCallers): boolean {
  return LOOPBACK_HOSTS.has(hostname) || allowed.hosts.includes(hostname);
}

function parseHost(host: string | undefined): URL | undefined {
  if (host === undefined || !/^[\w.:[\]-]+$/.test(host)) return undefined;
  const address = `http://${host}`;
  return URL.canParse(address) ? new URL(address) : undefined;
}
