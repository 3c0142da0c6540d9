// How YAML looks here, by the page's own colours, in light and dark.

import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--editor-key)", fontWeight: "600" },
  { tag: [tags.string, tags.content], color: "inherit" },
  { tag: tags.comment, color: "var(--ivr-quiet)", fontStyle: "italic" },
  { tag: [tags.punctuation, tags.separator], color: "var(--ivr-quiet)" },
]);

const theme = EditorView.theme({
  "&": { height: "100%", color: "var(--tblr-body-color)", backgroundColor: "transparent", fontSize: "0.875rem" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "ui-monospace, 'Noto Sans Mono CJK SC', monospace", lineHeight: "1.6" },
  ".cm-content": { caretColor: "currentcolor" },
  ".cm-cursor": { borderLeftColor: "currentcolor" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--ivr-quiet)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--ivr-soft)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { background: "var(--editor-selected) !important" },
  ".cm-tooltip, .cm-panels": { backgroundColor: "var(--tblr-bg-surface)", color: "inherit", border: "1px solid var(--ivr-quiet)", borderRadius: "0.5rem" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--ivr-accent)", color: "#fff" },
  ".cm-diagnostic-error": { borderLeft: "3px solid var(--ivr-alarm)" },
  ".cm-diagnosticText": { whiteSpace: "pre-wrap" },
  ".cm-foldPlaceholder": { backgroundColor: "var(--ivr-soft)", color: "inherit", border: "none" },
});

export const look = () => [theme, syntaxHighlighting(colours)];
