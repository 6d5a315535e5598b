// Private repositories of free accounts do not support drafts. A mark in the title replaces the draft state there; the rest of the
// platform sees a draft without the mark in its title.

const NOT_READY_MARK = '[not ready] ';

export function hasNotReadyMark(title: string): boolean {
  return title.startsWith(NOT_READY_MARK);
}

export function addNotReadyMark(title: string): string {
  return hasNotReadyMark(title) ? title : NOT_READY_MARK + title;
}

export function removeNotReadyMark(title: string): string {
  return hasNotReadyMark(title) ? title.slice(NOT_READY_MARK.length) : title;
}
