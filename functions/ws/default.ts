import type { APIGatewayProxyResultV2, APIGatewayProxyWebsocketEventV2 } from 'aws-lambda';
import { findCredentialHolder } from '../../core/access/authenticate-user.ts';
import { parseJson } from '../../core/base/parse-json.ts';
import { toOneLine } from '../../core/base/safe-text.ts';
import type { ServerFrame } from '../../core/contract/frame.ts';
import { clientFrameSchema } from '../../core/contract/frame.ts';
import { planIdSchema } from '../../core/contract/id.ts';
import {
  loadConnectionOwner,
  MAX_WATCHED_PLANS,
  removeConnection,
  unwatchPlan,
  watchPlan,
} from '../../core/store/connection-store.ts';
import { KEY } from '../../core/topology/table-keys.ts';
import { getPush } from '../deps/get-push.ts';
import { getTable } from '../deps/get-table.ts';
import { clock } from '../deps/runtime.ts';
import { isFrameAllowed, MAX_FRAMES_PER_SECOND } from './frame-rate.ts';

/** Handles a frame of a client: subscribe, unsubscribe or ping. Closes the connection of a user who has no access any more. */
export async function handler(
  event: APIGatewayProxyWebsocketEventV2,
): Promise<APIGatewayProxyResultV2> {
  const { connectionId } = event.requestContext;
  if (!isFrameAllowed(connectionId, clock.now())) {
    const message = `the connection sent more than ${MAX_FRAMES_PER_SECOND} frames in a second; this frame was ignored`;
    await getPush().send(connectionId, createErrorFrame('limit', message));
    return { statusCode: 200 };
  }
  if (!(await hasAccess(connectionId))) {
    const message = 'the session or API token of this connection has ended; sign in again';
    await getPush().send(connectionId, createErrorFrame('unauthorized', message));
    await removeConnection(getTable(), connectionId);
    await getPush().close(connectionId);
    return { statusCode: 200 };
  }
  const answer = await answerFrame(connectionId, event.body ?? '');
  if (answer !== undefined) await getPush().send(connectionId, answer);
  return { statusCode: 200 };
}

async function hasAccess(connection: string): Promise<boolean> {
  const owner = await loadConnectionOwner(getTable(), connection);
  if (owner === undefined) return false;
  return (await findCredentialHolder({ table: getTable(), clock }, owner)) !== undefined;
}

async function answerFrame(connection: string, body: string): Promise<ServerFrame | undefined> {
  const frame = clientFrameSchema.safeParse(parseJson(body));
  if (!frame.success) {
    const message =
      'the frame is not valid; send {"type":"subscribe"|"unsubscribe"|"ping","v":1,...}';
    return createErrorFrame('invalid_frame', message);
  }
  if (frame.data.type === 'ping') return { type: 'pong', v: 1 };
  const { plan } = frame.data;
  if (!planIdSchema.safeParse(plan).success) {
    const message = `"${toOneLine(plan, 40)}" is not a plan id; a plan id looks like p3k9m2x7abc`;
    return createErrorFrame('invalid_plan', message);
  }
  if (frame.data.type === 'unsubscribe') {
    await unwatchPlan(getTable(), connection, plan);
    return undefined;
  }
  return subscribe(connection, plan);
}

async function subscribe(connection: string, plan: string): Promise<ServerFrame> {
  if ((await getTable().get(KEY.plan(plan))) === undefined)
    return createErrorFrame('plan_not_found', `there is no plan ${plan}`);
  if (await watchPlan({ table: getTable(), clock }, connection, plan))
    return { type: 'subscribed', v: 1, plan };
  const message = `a connection can subscribe to at most ${MAX_WATCHED_PLANS} plans; unsubscribe from another plan first`;
  return createErrorFrame('limit', message);
}

function createErrorFrame(code: string, message: string): ServerFrame {
  return { type: 'error', v: 1, code, message };
}
