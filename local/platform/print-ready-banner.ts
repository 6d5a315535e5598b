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
    '  Caution: without root, agents run as your user and can read your files. `smol-gang doctor` shows details.',
    '  Press Ctrl+C to stop.',
    '',
  );
  console.log(lines.join('\n'));
}
