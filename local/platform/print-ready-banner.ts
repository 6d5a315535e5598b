import type { PlatformSettings } from './platform-settings.ts';
import type { Platform } from './start-platform.ts';

/** Prints the addresses of the platform and the ways to sign in. */
export async function printReadyBanner(
  platform: Platform,
  settings: PlatformSettings,
): Promise<void> {
  const { admin } = platform;
  const lines = [
    '',
    '  smol-gang is running. Only this machine can connect.',
    '',
    `  API      ${platform.url}   (OpenAPI description: ${platform.url}/v1/openapi.json)`,
    `  Forge    ${platform.forgeUrl}   (local repositories and pull requests)`,
    `  Data     ${settings.dataDir}`,
    `  Sign in  smol-gang login '${await platform.createSignInLink()}'   (valid once, for ten minutes; in this folder, smol-gang needs no sign-in)`,
  ];
  if (admin.generatedPassword !== undefined)
    lines.push(`  Admin    ${admin.email}, password ${admin.generatedPassword}   (shown only now)`);
  lines.push(
    '',
    `  Caution: ${describeAgentRights()}. Run only prompts that you trust; \`smol-gang doctor\` shows the isolation.`,
    '  Press Ctrl+C to stop.',
    '',
  );
  console.log(lines.join('\n'));
}

function describeAgentRights(): string {
  return process.getuid?.() === 0
    ? 'agents run as root and can read and change every file of this machine'
    : 'agents run as your user and can read and change your files';
}
