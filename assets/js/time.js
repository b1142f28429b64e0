// <local-time datetime="…"><time>…</time></local-time>: the same moment, on the reader's own clock.
// Without this file the time is told in UTC, which is right as well.

const format = new Intl.DateTimeFormat("en-GB", {
  day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short",
});

class LocalTime extends HTMLElement {
  static observedAttributes = ["datetime"];

  /** The words for a moment. */
  static words(date) {
    return format.format(date).replace(" at ", ", ");
  }

  connectedCallback() {
    this.#tell();
  }

  attributeChangedCallback() {
    this.#tell();
  }

  #tell() {
    const time = this.querySelector("time");
    const date = new Date(this.getAttribute("datetime"));
    if (!time || Number.isNaN(date.getTime())) return;
    time.dateTime = this.getAttribute("datetime");
    const words = LocalTime.words(date);
    if (time.textContent !== words) time.textContent = words;
  }
}

customElements.define("local-time", LocalTime);
