// File names and words that identify a stack. The tables contain only unambiguous names: package.json identifies Node.js,
// while .js files occur in repositories of any stack.

/** A technology stack, with the file names and words that identify the stack. */
export type Stack = {
  readonly name: string;
  /** Extensions in lower case, with the dot. */
  readonly extensions: readonly string[];
  /** Exact base names. */
  readonly manifests: readonly string[];
  /** Words in a prompt that ask for this stack. */
  readonly wordsInRequest: RegExp;
  /** Words in a task that imply this stack. */
  readonly wordsInTask: RegExp;
};

/** All known stacks. */
export const STACKS: readonly Stack[] = [
  {
    name: 'Node.js',
    extensions: [],
    manifests: [
      'package.json',
      'package-lock.json',
      'npm-shrinkwrap.json',
      'yarn.lock',
      'pnpm-lock.yaml',
      'pnpm-workspace.yaml',
      'bun.lock',
      'bun.lockb',
    ],
    wordsInRequest:
      /\bnode(\.?js)?\b|javascript|typescript|\bnpm\b|\bpnpm\b|\byarn\b|\breact\b|\bvue\b|\bsvelte\b|\bvite\b/i,
    wordsInTask:
      /\bExpress\.js\b|\bNestJS\b|\bNext\.js\b|\bJest\b|\bVitest\b|\bnpm (ci|install|test|run)\b/,
  },
  {
    name: 'TypeScript',
    extensions: ['.ts', '.tsx', '.mts', '.cts'],
    manifests: ['tsconfig.json'],
    wordsInRequest: /typescript|\bangular\b|\btsx?\b/i,
    wordsInTask: /\bTypeScript\b/,
  },
  {
    name: 'Python',
    extensions: ['.py', '.pyi', '.ipynb'],
    manifests: [
      'pyproject.toml',
      'requirements.txt',
      'requirements-dev.txt',
      'setup.py',
      'setup.cfg',
      'Pipfile',
      'Pipfile.lock',
      'poetry.lock',
      'uv.lock',
    ],
    wordsInRequest: /python|fastapi|django|\bflask\b|pytest|jupyter/i,
    wordsInTask:
      /\bFastAPI\b|\bDjango\b|\bFlask\b|\bPydantic\b|\bSQLAlchemy\b|\bpytest\b|\buvicorn\b/,
  },
  {
    name: 'Go',
    extensions: ['.go'],
    manifests: ['go.mod', 'go.sum', 'go.work'],
    wordsInRequest: /\bgolang\b|\bGo\b/,
    wordsInTask: /\bgo test \.\/|\bgo\.mod\b|\bgin-gonic\b|\bGolang\b/,
  },
  {
    name: 'Rust',
    extensions: ['.rs'],
    manifests: ['Cargo.toml', 'Cargo.lock'],
    wordsInRequest: /\brust\b|\bcargo\b/i,
    wordsInTask: /\bActix\b|\bTokio\b|\bcargo (test|build|add)\b/,
  },
  {
    name: 'Java or Kotlin',
    extensions: ['.java', '.kt', '.kts', '.scala', '.groovy'],
    manifests: ['pom.xml', 'build.gradle', 'build.gradle.kts', 'settings.gradle', 'build.sbt'],
    wordsInRequest: /\bjava\b|kotlin|\bscala\b|\bspring\b|gradle|maven|\bjvm\b/i,
    wordsInTask: /\bSpring Boot\b|\bJUnit\b|\bHibernate\b|\bMockito\b/,
  },
  {
    name: 'Ruby',
    extensions: ['.rb', '.gemspec'],
    manifests: ['Gemfile', 'Gemfile.lock', 'Rakefile'],
    wordsInRequest: /\bruby\b|\brails\b|\bgem\b/i,
    wordsInTask: /\bRuby on Rails\b|\bRSpec\b|\bActiveRecord\b|\bSinatra\b/,
  },
  {
    name: 'PHP',
    extensions: ['.php'],
    manifests: ['composer.json', 'composer.lock'],
    wordsInRequest: /\bphp\b|laravel|symfony|wordpress/i,
    wordsInTask: /\bLaravel\b|\bSymfony\b|\bPHPUnit\b/,
  },
  {
    name: '.NET',
    extensions: ['.cs', '.fs', '.csproj', '.fsproj', '.sln'],
    manifests: ['global.json', 'packages.config'],
    wordsInRequest: /\.net\b|\bdotnet\b|\bc#|\bf#|\bcsharp\b/i,
    wordsInTask: /\bASP\.NET\b|\bEntity Framework\b|\bxUnit\b/,
  },
  {
    name: 'Elixir',
    extensions: ['.ex', '.exs', '.heex'],
    manifests: ['mix.exs', 'mix.lock'],
    wordsInRequest: /\belixir\b|\bphoenix\b/i,
    wordsInTask: /\bLiveView\b|\bExUnit\b/,
  },
  {
    name: 'C or C++',
    extensions: ['.c', '.cc', '.cpp', '.cxx', '.hpp'],
    manifests: ['CMakeLists.txt', 'meson.build', 'conanfile.txt'],
    wordsInRequest: /\bc\+\+|\bcpp\b|\bcmake\b|\bC\b/,
    wordsInTask: /\bCMake\b|\bGoogleTest\b/,
  },
  {
    name: 'Swift',
    extensions: ['.swift'],
    manifests: ['Package.swift', 'Podfile'],
    wordsInRequest: /\bswift(ui)?\b|\bxcode\b|\bios\b/i,
    wordsInTask: /\bSwiftUI\b|\bXCTest\b/,
  },
  {
    name: 'Dart',
    extensions: ['.dart'],
    manifests: ['pubspec.yaml', 'pubspec.lock'],
    wordsInRequest: /\bdart\b|\bflutter\b/i,
    wordsInTask: /\bFlutter\b/,
  },
];

/** Names of languages without a stack, by extension; used only to describe a repository. */
const OTHER_LANGUAGES: Readonly<Record<string, string>> = {
  '.js': 'JavaScript',
  '.jsx': 'JavaScript',
  '.mjs': 'JavaScript',
  '.cjs': 'JavaScript',
  '.vue': 'Vue',
  '.svelte': 'Svelte',
  '.css': 'CSS',
  '.scss': 'CSS',
  '.html': 'HTML',
  '.sh': 'Shell',
  '.sql': 'SQL',
  '.tf': 'Terraform',
  '.lua': 'Lua',
};

/** Package manager of each lockfile. */
export const LOCKFILES: Readonly<Record<string, string>> = {
  'package-lock.json': 'npm',
  'npm-shrinkwrap.json': 'npm',
  'yarn.lock': 'yarn',
  'pnpm-lock.yaml': 'pnpm',
  'bun.lock': 'bun',
  'bun.lockb': 'bun',
  'go.sum': 'go',
  'Cargo.lock': 'cargo',
  'poetry.lock': 'poetry',
  'uv.lock': 'uv',
  'Pipfile.lock': 'pipenv',
  'Gemfile.lock': 'bundler',
  'composer.lock': 'composer',
  'mix.lock': 'mix',
  'pubspec.lock': 'pub',
};

const GENERATED_OR_VENDORED_PATH =
  /(^|\/)(node_modules|bower_components|vendor|third_party|\.git|\.venv|venv|__pycache__|dist|build|target|out|coverage|\.next|\.gradle)\//;

/** Tells whether a path lies in a directory that usually holds generated or third-party files. */
export function isGeneratedOrVendoredPath(path: string): boolean {
  return GENERATED_OR_VENDORED_PATH.test(path);
}

/** Returns the part of a path after the last slash. */
export function getBaseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/**
 * Returns the extension in lower case with the dot, or an empty string. `.d.ts` counts as an extension of its own, because
 * repositories of any stack may contain type declarations.
 */
export function getExtension(path: string): string {
  const name = getBaseName(path).toLowerCase();
  if (name.endsWith('.d.ts')) return '.d.ts';
  const dot = name.lastIndexOf('.');
  return dot < 0 ? '' : name.slice(dot);
}

/** Returns the stack that the name or extension of a file identifies; undefined if they identify no stack. */
export function findStackOfFile(path: string): Stack | undefined {
  const name = getBaseName(path);
  const extension = getExtension(path);
  return STACKS.find(
    (stack) => stack.manifests.includes(name) || stack.extensions.includes(extension),
  );
}

/** Returns the name of the language of a file; undefined for an unknown extension. */
export function findLanguage(path: string): string | undefined {
  const extension = getExtension(path);
  const stack = STACKS.find(({ extensions }) => extensions.includes(extension));
  return stack?.name ?? OTHER_LANGUAGES[extension];
}
