// Chooses routes like API Gateway: the most specific matching route wins, compared segment by segment from the left.

/** Method and path pattern of a route. */
export type RouteKey = { readonly method: string; readonly path: string };
/** A matching route with its decoded parameters. */
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
 * Creates a function that finds the route for a method and a path. `{name}` matches a segment, `{name+}` all remaining
 * segments. The function returns undefined if no route matches, and 'malformed' for invalid percent-encoding.
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
      const parameters = matchSegments(segments, parts);
      if (parameters !== undefined) return decodeParameters(route, parameters);
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
  const parameters: (readonly [string, string])[] = [];
  for (const [index, segment] of segments.entries()) {
    const part = parts[index];
    if (part === undefined) return undefined;
    if (segment.endsWith('+}')) {
      const remainder = parts.slice(index).join('/');
      return remainder === '' ? undefined : [...parameters, [segment.slice(1, -2), remainder]];
    }
    if (segment.startsWith('{')) {
      if (part === '') return undefined;
      parameters.push([segment.slice(1, -1), part]);
    } else if (segment !== part) {
      return undefined;
    }
  }
  return segments.length === parts.length ? parameters : undefined;
}

function decodeParameters<T>(
  route: T,
  parameters: readonly (readonly [string, string])[],
): MatchedRoute<T> | 'malformed' {
  try {
    const decoded = parameters.map(([name, part]) => [name, decodeURIComponent(part)]);
    return { route, pathParameters: Object.fromEntries(decoded) };
  } catch {
    return 'malformed';
  }
}
