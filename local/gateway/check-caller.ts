import type { IncomingHttpHeaders } from 'node:http';

// Any web page in the user's browser can send requests to loopback. The Host header reveals a page under a foreign name that
// resolves to 127.0.0.1 (DNS rebinding). The Origin header reveals a page of another site.

const LOOPBACK_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Hosts and origins that are allowed in addition to loopback. */
export type AllowedCallers = {
  /** Host names, such as the name under which a container reaches this machine. */
  readonly hosts: readonly string[];
  /** Origins, such as the address of a development server for web pages. */
  readonly origins: readonly string[];
};

/** Returns why a request must be refused, judged by its headers; undefined: the caller is allowed. */
export function checkCaller(
  headers: IncomingHttpHeaders,
  allowed: AllowedCallers,
): string | undefined {
  const host = parseHost(headers.host);
  if (host === undefined || !isKnownHost(host.hostname, allowed)) {
    return 'this server accepts requests to localhost only, but the Host header is missing or names another host';
  }
  const { origin } = headers;
  if (origin === undefined || allowed.origins.includes(origin)) return undefined;
  if (isOwnOrigin(origin, host, allowed)) return undefined;
  return 'this server rejects requests from web pages of another origin';
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
