import type { IncomingHttpHeaders } from 'node:http';

// Any page in a browser can send requests to loopback. The Host header exposes a foreign name that resolves to 127.0.0.1, and
// the Origin header exposes a foreign page.

const LOOPBACK_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Callers that are allowed in addition to loopback. */
export type AllowedCallers = {
  /** Host names, for example the name of this machine inside a container. */
  readonly hosts: readonly string[];
  /** Origins, for example of a development server for web pages. */
  readonly origins: readonly string[];
};

/** Checks the headers of a request; returns undefined for an allowed caller, else the reason of the refusal. */
export function checkCaller(
  headers: IncomingHttpHeaders,
  allowed: AllowedCallers,
): string | undefined {
  const host = parseHost(headers.host);
  if (host === undefined || !isKnownHost(host.hostname, allowed)) {
    return 'this server accepts requests to localhost only, but the Host header names another host';
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
