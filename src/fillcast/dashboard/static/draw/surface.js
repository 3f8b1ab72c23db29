// A canvas that keeps the size of its place, drawn in CSS pixels.

export class Surface {
  width = 0;
  height = 0;
  /** The canvas was emptied by a new size, or must be drawn again for another reason. */
  isStale = true;

  /**
   * @param {HTMLElement} place
   * @param {() => void} resized
   */
  constructor(place, resized) {
    this.canvas = document.createElement("canvas");
    this.canvas.setAttribute("aria-hidden", "true");
    place.append(this.canvas);
    this.pen = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d", { alpha: false }));
    new ResizeObserver(() => {
      const { width, height } = place.getBoundingClientRect();
      if (width === this.width && height === this.height) return;
      this.width = Math.floor(width);
      this.height = Math.floor(height);
      this.canvas.width = Math.max(1, Math.round(this.width * devicePixelRatio));
      this.canvas.height = Math.max(1, Math.round(this.height * devicePixelRatio));
      this.pen.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
      this.isStale = true;
      resized();
    }).observe(place);
  }

  get isVisible() {
    return this.width > 0 && this.height > 0;
  }
}
