import { expect, test } from 'vitest';
import { prepareModelCall } from './model-call.ts';

test('a streamed chat request is forwarded with the model of the attempt and asks for token usage', () => {
  const body = { model: 'dear', stream: true, stream_options: { x: 1 }, messages: [] };

  const call = prepareModelCall('POST', '/v1/chat/completions?x=1', JSON.stringify(body), 'cheap');

  expect(call).toMatchObject({
    path: '/chat/completions',
    isMetered: true,
    usesMessagesApi: false,
  });
  expect('body' in call && JSON.parse(call.body)).toEqual({
    ...body,
    model: 'cheap',
    stream_options: { x: 1, include_usage: true },
  });
});

test('a streamed messages request is forwarded with the model of the attempt and no other change', () => {
  const call = prepareModelCall('POST', '/v1/messages', '{"model":"dear","stream":true}', 'cheap');

  expect(call).toMatchObject({ usesMessagesApi: true, body: '{"stream":true,"model":"cheap"}' });
});

test('a request without a model is forwarded with the model of the attempt', () => {
  expect(prepareModelCall('POST', '/responses', '{}', 'cheap')).toMatchObject({
    body: '{"store":false,"model":"cheap"}',
  });
});

test.each([
  ['POST', '/v1/files', '{}', 404],
  ['POST', '/v1/../chat/completions', '{}', 404],
  ['POST', 'http://elsewhere/v1/models', '{}', 404],
  ['GET', '/v1/chat/completions', '', 405],
  ['POST', '/v1/chat/completions', 'not json', 400],
  ['POST', '/v1/chat/completions', '[1]', 400],
  ['POST', '/v1/chat/completions', '{"stream":"yes"}', 400],
])(
  'the request %s %s with the body "%s" is rejected with status %i',
  (method, url, body, status) => {
    expect(prepareModelCall(method, url, body, 'm')).toMatchObject({ status });
  },
);
