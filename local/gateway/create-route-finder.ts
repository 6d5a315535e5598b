// API Gateway's choice of a route: the most specific one that takes the path, segment by segment from the left.

export type RouteKey = { readonly method: string; readonly path: string };
export type MatchedRoute<T> = {
  readonly route: T;
  readonly pathParameters: Readonly<Record<string, string>>;
};

type RouteCandidate<T> = {
  readonly route: T;
  readonly segments: readonly string[];
  readonly order: string;
};

/**
 * `{name}` takes one segment, `{name+}` the rest. Answers undefined when no route takes method and path, and 'malformed'
 * when a parameter is not valid percent-encoding.
 */
export function createRouteFinder<T extends RouteKey>(
  routes: readonly T[],
): (method: string, path: string) => MatchedRoute<T> | 'malformed' | undefined {
  const candidates = routes
    .map(createCandidate)
    .sort((a, b) => a.order.localeCompare(b.order, 'en'));
  return (method, path) => {
    const parts = path.split('/');
    for (const { route, segments } of candidates) {
      if (route.method !== method) continue;
      const found = matchSegments(segments, parts);
      if (found !== undefined) return decodeParameters(route, found);
    }
    return undefined;
  };
}

function createCandidate<T extends RouteKey>(route: T): RouteCandidate<T> {
  const segments = route.path.split('/');
  const order = segments.map(rankSegment).join('');
  return { route, segments, order };
}

function rankSegment(segment: string): string {
  if (segment.endsWith('+}')) return '2';
  return segment.startsWith('{') ? '1' : '0';
}

function matchSegments(
  segments: readonly string[],
  parts: readonly string[],
): readonly (readonly [string, string])[] | undefined {
  const found: (readonly [string, string])[] = [];
  for (const [n, segment] of segments.entries()) {
    const part = parts[n];
    if (part === undefined) return undefined;
    if (segment.endsWith('+}')) {
      const rest = parts.slice(n).join('/');
      return rest === '' ? undefined : [...found, [segment.slice(1, -2), rest]];
    }
    if (segment.startsWith('{')) {
      if (part === '') return undefined;
      found.push([segment.slice(1, -1), part]);
    } else if (segment !== part) {
      return undefined;
    }
  }
  return segments.length === parts.length ? found : undefined;
}

function decodeParameters<T>(
  route: T,
  found: readonly (readonly [string, string])[],
): MatchedRoute<T> | 'malformed' {
  try {
    const decoded = found.map(([name, part]) => [name, decodeURIComponent(part)]);
    return { route, pathParameters: Object.fromEntries(decoded) };
  } catch {
    return 'malformed';
  }
}
