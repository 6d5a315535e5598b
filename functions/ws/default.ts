import type { APIGatewayProxyResultV2, APIGatewayProxyWebsocketEventV2 } from 'aws-lambda';
import { parseJson } from '../../core/base/parse-json.ts';
import { toOneLine } from '../../core/base/safe-text.ts';
import type { ServerFrame } from '../../core/contract/frame.ts';
import { clientFrameSchema } from '../../core/contract/frame.ts';
import { planIdSchema } from '../../core/contract/id.ts';
import { unwatchPlan, watchPlan } from '../../core/engine/announce-changes.ts';
import { getPush } from '../deps/get-push.ts';
import { getTable } from '../deps/get-table.ts';
import { clock } from '../deps/runtime.ts';

/** Handles a frame of a client: subscribe, unsubscribe or ping. */
export async function handler(
  event: APIGatewayProxyWebsocketEventV2,
): Promise<APIGatewayProxyResultV2> {
  const { connectionId } = event.requestContext;
  const answer = await answerFrame(connectionId, event.body ?? '');
  if (answer !== undefined) await getPush().send(connectionId, answer);
  return { statusCode: 200 };
}

async function answerFrame(connection: string, body: string): Promise<ServerFrame | undefined> {
  const frame = clientFrameSchema.safeParse(parseJson(body));
  if (!frame.success)
    return {
      type: 'error',
      v: 1,
      code: 'invalid_frame',
      message: 'the frame is not valid; send {"type":"subscribe"|"unsubscribe"|"ping","v":1,...}',
    };
  if (frame.data.type === 'ping') return { type: 'pong', v: 1 };
  const { plan } = frame.data;
  if (!planIdSchema.safeParse(plan).success)
    return {
      type: 'error',
      v: 1,
      code: 'invalid_plan',
      message: `"${toOneLine(plan, 40)}" is not a plan id; a plan id looks like p3k9m2x7abc`,
    };
  if (frame.data.type === 'unsubscribe') {
    await unwatchPlan(getTable(), connection, plan);
    return undefined;
  }
  await watchPlan({ table: getTable(), clock }, connection, plan);
  return { type: 'subscribed', v: 1, plan };
}
