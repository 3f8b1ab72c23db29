// On a narrow page one study is shown at a time; which one is chosen here.

import { html, render } from "lit/html.js";

/**
 * @param {HTMLElement} place
 * @param {() => void} changed
 */
export function tabs(place, changed) {
  const panels = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(".tabbed")]);
  let chosen = "heatmap";
  const draw = () => {
    for (const panel of panels) panel.classList.toggle("chosen", panel.id === chosen);
    render(
      html`${panels.map(
        (panel) => html`<button aria-pressed=${panel.id === chosen} @click=${() => {
          chosen = panel.id;
          draw();
          changed();
        }}>${panel.querySelector("h2")?.textContent}</button>`,
      )}`,
      place,
    );
  };
  draw();
}
