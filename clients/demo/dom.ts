// Finding and making elements; never from markup, so nothing that was received can become any.

type Child = Node | string | undefined;
type Properties<E> = Partial<Omit<E, "dataset">> & { data?: Record<string, string> };

/** The element of the page that `selector` names. The page has it, or the page is broken. */
export function find<E extends HTMLElement = HTMLElement>(selector: string): E {
  const element = document.querySelector<E>(selector);
  if (element === null) throw new Error(`the page has no ${selector}`);
  return element;
}

/** Every element that `selector` names. */
export function all(selector: string, within: ParentNode = document): NodeListOf<HTMLElement> {
  return within.querySelectorAll<HTMLElement>(selector);
}

/** An element with text or children. */
export function make<T extends keyof HTMLElementTagNameMap>(
  tag: T,
  properties: Properties<HTMLElementTagNameMap[T]> = {},
  ...children: Child[]
): HTMLElementTagNameMap[T] {
  const { data = {}, ...rest } = properties;
  const element = Object.assign(document.createElement(tag), rest);
  Object.assign(element.dataset, data);
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

/** Sets a text only where it is another, so that a screen reader says it once. */
export function put(selector: string, text: string): void {
  const element = find(selector);
  if (element.textContent !== text) element.textContent = text;
}
