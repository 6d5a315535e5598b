// Chooses routes like API Gateway. Routes are compared segment by segment from the left: a literal segment takes precedence
// over `{name}`, and `{name}` over `{name+}`.

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
  readonly sortKey: string;
};

/**
 * Creates a function that finds the route for a method and a path. `{name}` matches one segment, `{name+}` all
 * remaining segments. The function returns undefined if no route matches, and 'malformed' for invalid percent-encoding.
 */
export function createRouteFinder<T extends RouteKey>(
  routes: readonly T[],
): (method: string, path: string) => MatchedRoute<T> | 'malformed' | undefined {
  const candidates = routes
    .map(createCandidate)
    .sort((a, b) => a.sortKey.localeCompare(b.sortKey, 'en'));
  return (method, path) => {
    const pathSegments = path.split('/');
    for (const { route, segments } of candidates) {
      if (route.method !== method) continue;
      const parameters = matchSegments(segments, pathSegments);
      if (parameters !== undefined) return decodeParameters(route, parameters);
    }
    return undefined;
  };
}

function createCandidate<T extends RouteKey>(route: T): RouteCandidate<T> {
  const segments = route.path.split('/');
  const sortKey = segments.map(rankSegment).join('');
  return { route, segments, sortKey };
}

function rankSegment(segment: string): string {
  if (segment.endsWith('+}')) return '2';
  return segment.startsWith('{') ? '1' : '0';
}

function matchSegments(
  segments: readonly string[],
  pathSegments: readonly string[],
): readonly (readonly [string, string])[] | undefined {
  const parameters: (readonly [string, string])[] = [];
  for (const [index, segment] of segments.entries()) {
    const pathSegment = pathSegments[index];
    if (pathSegment === undefined) return undefined;
    if (segment.endsWith('+}')) {
      const remainder = pathSegments.slice(index).join('/');
      return remainder === '' ? undefined : [...parameters, [segment.slice(1, -2), remainder]];
    }
    if (segment.startsWith('{')) {
      if (pathSegment === '') return undefined;
      parameters.push([segment.slice(1, -1), pathSegment]);
    } else if (segment !== pathSegment) {
      return undefined;
    }
  }
  return segments.length === pathSegments.length ? parameters : undefined;
}

function decodeParameters<T>(
  route: T,
  parameters: readonly (readonly [string, string])[],
): MatchedRoute<T> | 'malformed' {
  try {
    const decoded = parameters.map(([name, pathSegment]) => [
      name,
      decodeURIComponent(pathSegment),
    ]);
    return { route, pathParameters: Object.fromEntries(decoded) };
  } catch {
    return 'malformed';
  }
}
