const trusted: unique symbol = Symbol('html');

/** Markup that is safe to insert: made by {@link html} alone. No value from a file can pretend to be one. */
export interface Html {
  readonly [trusted]: string;
}

type Content = Html | string | number | null | undefined | false | readonly Content[];

/**
 * A template whose values are escaped as text, in element content and in quoted attributes alike. Lists are joined;
 * null, undefined and false leave nothing. So nothing reaches the page unescaped unless a template in the code says it.
 */
export const html = (parts: TemplateStringsArray, ...values: readonly Content[]): Html => ({
  [trusted]: parts.map((part, i) => part + (i < values.length ? render(values[i]) : '')).join(''),
});

/** The text of finished markup. */
export const markupOf = (markup: Html): string => markup[trusted];

function render(value: Content): string {
  if (value === null || value === undefined || value === false) return '';
  if (typeof value === 'string' || typeof value === 'number') return escaped(String(value));
  if (trusted in value) return value[trusted];
  return value.map(render).join('');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? '');

/** A style sheet as an element. It is the page's own text; its hash goes into the page's security policy. */
export const styleElement = (css: string): Html => ({ [trusted]: `<style>${css}</style>` });
