// Some repositories refuse drafts (private ones of free accounts). There a normal pull request says by its title that
// it is not ready; the rest of the program sees a draft and the title without the mark.

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
