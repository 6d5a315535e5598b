import { expect, test } from 'vitest';
import type { ModelApi } from './allowed-fields.ts';
import { selectAllowedFields } from './allowed-fields.ts';

const UNCOUNTED_FIELDS = {
  n: 50,
  background: true,
  models: ['dear'],
  route: 'fallback',
  service_tier: 'priority',
  plugins: [{ id: 'web' }],
  mcp_servers: [],
  previous_response_id: 'r1',
};

test.each<ModelApi>(['chat', 'responses', 'messages'])(
  'fields that the limits cannot cover are removed from a request of the API %s',
  (api) => {
    const { body, removed } = selectAllowedFields(api, { temperature: 0, ...UNCOUNTED_FIELDS });

    expect(body).toEqual(
      api === 'responses' ? { temperature: 0, store: false } : { temperature: 0 },
    );
    expect(removed).toEqual(Object.keys(UNCOUNTED_FIELDS).map((name) => `field "${name}"`));
  },
);

test.each<[ModelApi, unknown, unknown]>([
  ['chat', { type: 'function', function: { name: 'read' } }, { type: 'openrouter:web_search' }],
  ['responses', { type: 'custom', name: 'read' }, { type: 'web_search' }],
  ['messages', { name: 'read', input_schema: {} }, { type: 'web_search_20250305', name: 'web' }],
])(
  'tools that the endpoint would run are removed from a request of the API %s, and the others stay',
  (api, clientTool, serverTool) => {
    const { body, removed } = selectAllowedFields(api, {
      tools: [serverTool, clientTool],
      tool_choice: 'auto',
    });

    expect(body).toMatchObject({ tools: [clientTool], tool_choice: 'auto' });
    expect(removed).toHaveLength(1);
  },
);

test('a choice of a removed tool is removed, and a choice of a remaining tool stays', () => {
  const tools = [
    { name: 'read', input_schema: {} },
    { type: 'web_search_20250305', name: 'web' },
  ];
  const select = (name: string) =>
    selectAllowedFields('messages', { tools, tool_choice: { type: 'tool', name } }).body;

  expect(select('web')).not.toHaveProperty('tool_choice');
  expect(select('read')).toHaveProperty('tool_choice', { type: 'tool', name: 'read' });
});

test('a request without remaining tools has no fields about tools', () => {
  const tools = [{ type: 'code_interpreter' }];
  const request = { tools, tool_choice: 'required', parallel_tool_calls: true, input: 'hi' };

  expect(selectAllowedFields('responses', request).body).toEqual({ input: 'hi', store: false });
});
