// Some repositories refuse drafts (private ones of free accounts). There a normal pull request says by its title that
// it is not ready; the rest of the program sees a draft and the title without the mark.

const MARK = '[not ready] ';

export function hasMark(title: string): boolean {
  return title.startsWith(MARK);
}

export function addMark(title: string): string {
  return hasMark(title) ? title : MARK + title;
}

export function removeMark(title: string): string {
  return hasMark(title) ? title.slice(MARK.length) : title;
}
