import { expect, test } from 'vitest';
import { parseConfig } from './parse-config.ts';

test('the settings of a configuration file are parsed with section and subsection', () => {
  const text = `# head
[core]
\trepositoryFormatVersion = 1 ; note
[extensions] ObjectFormat = "sha256"
[remote "my origin"]
\turl = https://example.com/a.git
\tpromisor
`;

  expect(parseConfig(text)).toEqual([
    { name: 'core.repositoryformatversion', value: '1' },
    { name: 'extensions.objectformat', value: 'sha256' },
    { name: 'remote.my origin.url', value: 'https://example.com/a.git' },
    { name: 'remote.my origin.promisor', value: 'true' },
  ]);
});
