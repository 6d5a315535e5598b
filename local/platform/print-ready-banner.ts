import type { PlatformSettings } from './platform-settings.ts';
import type { Platform } from './start-platform.ts';

export async function printReadyBanner(
  platform: Platform,
  settings: PlatformSettings,
): Promise<void> {
  const { admin } = platform;
  const lines = [
    '',
    '  smol-gang is running on this machine, on loopback only.',
    '',
    `  API      ${platform.url}   (description: ${platform.url}/v1/openapi.json)`,
    `  Forge    ${platform.forgeUrl}`,
    `  Data     ${settings.dataDir}`,
    `  Sign in  smol-gang login '${await platform.signInLink()}'   (once, within ten minutes; not needed on this machine)`,
  ];
  if (admin.generatedPassword !== undefined)
    lines.push(
      `  Admin    ${admin.email}, password ${admin.generatedPassword}   (shown this once)`,
    );
  lines.push(
    '',
    '  Without root an agent on this laptop is not walled off from you: it runs as your user. `smol-gang doctor` says more.',
    '',
  );
  console.log(lines.join('\n'));
}
