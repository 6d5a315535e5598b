import { authHandlers } from './auth.ts';
import { metaHandlers } from './meta.ts';
import { noticeHandlers } from './notice.ts';
import { planHandlers } from './plan.ts';
import { repositoryHandlers } from './repository.ts';
import { systemHandlers } from './system.ts';
import { taskHandlers } from './task.ts';
import { tokenHandlers } from './token.ts';
import { userHandlers } from './user.ts';

/** Handlers of the user routes by their names in core/contract. */
export const USER_HANDLERS = {
  ...metaHandlers,
  ...authHandlers,
  ...tokenHandlers,
  ...userHandlers,
  ...repositoryHandlers,
  ...planHandlers,
  ...noticeHandlers,
  ...taskHandlers,
  ...systemHandlers,
};
