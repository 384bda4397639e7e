/**
 * A copy of the first element of a `template` that the server rendered.
 *
 * @param selector selects the template within `root`.
 * @throws Error when there is none: the page and its script are of different versions.
 */
export function cloneTemplate(root: ParentNode, selector: string): HTMLElement {
  const template = root.querySelector<HTMLTemplateElement>(`template${selector}`);
  const first = template?.content.firstElementChild ?? null;
  const element = first === null ? null : document.importNode(first, true);
  if (!(element instanceof HTMLElement)) throw new Error(`the page has no template ${selector}`);
  return element;
}
