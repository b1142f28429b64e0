// <upload-queue>: sends each chosen, dropped or pasted file by itself, with progress, cancelling and
// repeating. Without this file the form inside does the same work, one page for all files.

const AT_ONCE = 2;
/** Sent before anyone can say stop. */
const SOON_SENT = 262_144;
/** So short a wait needs no question. */
const PATIENCE_S = 30;
const REPEATS_MAX = 3;
/** A picture of nothing, for a file that is no picture. */
const NOTHING = "data:image/gif;base64,R0lGODlhAQABAAAAACw=";

class UploadQueue extends HTMLElement {
  #waiting = [];
  #running = 0;

  connectedCallback() {
    this.form = this.querySelector("form");
    this.list = this.querySelector(".queue");
    this.drop = this.querySelector(".drop");
    // The reader's clock may be wrong; the dates are promises of the server's.
    this.clockIsBehindMs = Number(this.dataset.now) - Date.now();
    const input = this.form.elements.file;
    input.addEventListener("change", () => {
      this.add([...input.files]);
      input.value = "";
    });
    // Enter in the caption must not send the form without files.
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      input.click();
    });
    this.form.elements.ttl.addEventListener("change", () => this.#tellDates(true));
    this.form.noValidate = true;
    this.#listenForDrops();
    document.addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length === 0) return;
      event.preventDefault();
      this.add(files);
    });
    addEventListener("beforeunload", (event) => {
      if (this.#running > 0) event.preventDefault();
    });
    setInterval(() => this.#tellDates(false), 15_000);
    this.#tellDates(false);
  }

  /** Puts files into the queue and starts. */
  add(files) {
    this.list.hidden = false;
    const fresh = files.map((file) => new Item(this, file));
    this.list.prepend(...fresh.map((item) => item.element));
    if (files.length > 1) this.announce(`${files.length} files chosen.`);
    for (const item of fresh) item.begin();
  }

  enqueue(item) {
    this.#waiting.push(item);
    this.#pump();
  }

  drawBack(item) {
    this.#waiting = this.#waiting.filter((other) => other !== item);
  }

  finished() {
    this.#running -= 1;
    this.#pump();
  }

  announce(words) {
    this.querySelector(".announce").textContent = words;
  }

  remedy(code) {
    const remedies = this.querySelector("#remedies").content;
    return remedies.querySelector(`[data-code="${CSS.escape(code)}"]`)?.textContent ?? "";
  }

  #pump() {
    while (this.#running < AT_ONCE && this.#waiting.length > 0) {
      this.#running += 1;
      this.#waiting.shift().send();
    }
  }

  /** The dates on the page, for an upload at this moment with the chosen life. */
  #tellDates(aloud) {
    const select = this.form.elements.ttl;
    const words = customElements.get("local-time").words;
    const after = (ms) => new Date(Date.now() + this.clockIsBehindMs + Number(ms));
    const when = (ms) => (ms ? words(after(ms)) : "you delete it");
    for (const option of document.activeElement === select ? [] : select.options) {
      option.textContent = `${option.dataset.label}, until ${when(option.dataset.safeMs)}`;
    }
    const { safeMs, restrictedMs } = select.selectedOptions[0].dataset;
    for (const [id, ms] of [["until", safeMs], ["leaves", safeMs], ["restricted", restrictedMs]]) {
      const [time, always] = document.getElementById(id).children;
      if (ms) time.setAttribute("datetime", `${after(ms).toISOString().slice(0, 19)}Z`);
      time.hidden = !ms;
      always?.toggleAttribute("hidden", ms);
    }
    if (aloud) this.announce(`Uploaded now, it stays until ${when(safeMs)}.`);
  }

  #listenForDrops() {
    const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
    let depth = 0;
    const mark = (change) => {
      depth = Math.max(0, depth + change);
      this.drop.toggleAttribute("data-over", depth > 0);
    };
    document.addEventListener("dragenter", (event) => holdsFiles(event) && mark(1));
    document.addEventListener("dragleave", (event) => holdsFiles(event) && mark(-1));
    document.addEventListener("dragover", (event) => holdsFiles(event) && event.preventDefault());
    document.addEventListener("drop", (event) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      mark(-depth);
      this.add([...event.dataTransfer.files]);
    });
  }
}

/** One file on its way, sent under one key, so that it arrives once. */
class Item {
  #key = crypto.randomUUID();
  #repeats = 0;
  #request = null;
  #timer = 0;
  #cancelled = false;

  constructor(queue, file) {
    this.queue = queue;
    this.file = file;
    this.name = file.name || "Pasted picture";
    this.form = new FormData(queue.form);
    this.form.set("file", file, file.name || "pasted");
    this.element = queue.querySelector("#item").content.firstElementChild.cloneNode(true);
    this.part(".item-name").textContent = this.name;
    this.part("progress").setAttribute("aria-label", `Progress of ${this.name}`);
    this.part(".cancel").setAttribute("aria-description", this.name);
    this.part(".retry").setAttribute("aria-description", this.name);
    this.part(".cancel").addEventListener("click", () => this.#cancel());
    this.part(".retry").addEventListener("click", () => this.begin());
    const thumb = this.part(".thumb");
    thumb.src = URL.createObjectURL(file);
    thumb.addEventListener("load", () => URL.revokeObjectURL(thumb.src), { once: true });
    thumb.addEventListener("error", () => (thumb.src = NOTHING), { once: true });
  }

  part(selector) {
    return this.element.querySelector(selector);
  }

  /** Checks what can be checked here, as a courtesy, and waits its turn. */
  begin() {
    clearInterval(this.#timer);
    this.#cancelled = false;
    const { bytesMax, sizeMax, accept, formats } = this.queue.dataset;
    if (this.file.size > Number(bytesMax)) {
      const megabytes = (this.file.size / 1e6).toFixed(1);
      return this.#fail(`It has ${megabytes} MB, and the limit is ${sizeMax}.`, "payload-too-large", false);
    }
    if (this.file.type && !accept.split(",").includes(this.file.type)) {
      return this.#fail(`That kind of file is not taken; ${formats} are.`, "unsupported-format", false);
    }
    this.#show("waiting", "Waiting for its turn", 0);
    this.#offer({ cancel: true });
    this.queue.enqueue(this);
  }

  send() {
    const request = new XMLHttpRequest();
    this.#request = request;
    request.open("POST", "/v1/images");
    request.responseType = "json";
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("Idempotency-Key", this.#key);
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      if (loaded >= total) return;
      this.#show("sending", `Uploading, ${Math.floor((100 * loaded) / total)} %`, loaded / total);
    });
    request.upload.addEventListener("load", () => this.#show("checking", "Arrived; being checked…", null));
    request.addEventListener("load", () => this.#answered(request));
    request.addEventListener("error", () =>
      this.#fail("The connection broke.", null, true, "Try again: however often it is sent, it is published once."));
    request.addEventListener("loadend", () => {
      this.#request = null;
      this.queue.finished();
    });
    this.#show("sending", "Uploading, 0 %", 0);
    request.send(this.form);
  }

  #answered(request) {
    const answer = request.response ?? {};
    if (request.status >= 200 && request.status < 300) {
      return this.#cancelled ? this.#takeBack(answer) : this.#succeed(answer);
    }
    if (this.#cancelled) return this.#show("failed", "Cancelled. Nobody was given a link.", 0);
    const seconds = Number(request.getResponseHeader("Retry-After"));
    const words = answer.detail || "The server gave no reason.";
    const again = seconds > 0 || request.status >= 500 || request.status === 409;
    this.#fail(words, answer.code ?? "internal", again);
    if (seconds > 0) this.#countDown(seconds);
  }

  /** What is only partly sent cannot be published. What has arrived already is deleted when its answer comes. */
  #cancel() {
    this.#cancelled = true;
    this.queue.drawBack(this);
    clearInterval(this.#timer);
    if (this.#request && (this.element.dataset.state === "checking" || this.file.size < SOON_SENT)) {
      this.#offer({});
      return this.#show("checking", "It may have arrived already; taking it back…", null);
    }
    this.#request?.abort();
    this.#show("failed", "Cancelled. Nobody was given a link.", 0);
    this.#offer({ retry: true });
    this.queue.announce(`${this.name} is cancelled.`);
  }

  async #takeBack(image) {
    const headers = { Authorization: `Bearer ${image.delete_token}` };
    const gone = await fetch(`/v1/images/${image.id}`, { method: "DELETE", headers }).then((r) => r.ok, () => false);
    if (!gone) return this.#succeed(image);
    this.#key = crypto.randomUUID();
    this.#show("failed", "Cancelled. It had arrived, and is deleted again.", 0);
    this.#offer({ retry: true });
    this.queue.announce(`${this.name} is cancelled and deleted.`);
  }

  #fail(words, code, canRepeat, remedy = this.queue.remedy(code)) {
    this.#show("failed", words, 0);
    this.part(".item-remedy").textContent = remedy;
    this.#offer({ retry: canRepeat });
    this.queue.announce(`${this.name}: ${words} ${remedy}`);
  }

  /** Tells on the button how long there is to wait. A short wait ends by itself. */
  #countDown(seconds) {
    const alone = seconds <= PATIENCE_S && this.#repeats < REPEATS_MAX;
    const end = Date.now() + seconds * 1000;
    const button = this.part(".retry");
    this.#offer({ retry: true, cancel: alone });
    const tick = () => {
      const left = Math.ceil((end - Date.now()) / 1000);
      button.disabled = left > 0;
      button.textContent = left > 0 ? `${alone ? "Trying" : "Try"} again in ${span(left)}` : "Try again";
      if (left > 0) return;
      clearInterval(this.#timer);
      if (!alone) return;
      this.#repeats += 1;
      this.begin();
    };
    this.#timer = setInterval(tick, 1000);
    tick();
  }

  #succeed(image) {
    const id = image.status === "held" ? "held" : image.public ? "result" : "private-result";
    const { content, dataset } = this.queue.querySelector(`#${id}`);
    const result = content.firstElementChild.cloneNode(true);
    fill(result, { filename: this.name, ...image });
    const had = this.element.contains(document.activeElement);
    this.element.replaceChildren(result);
    this.element.className = "done";
    if (had) result.querySelector("input").focus();
    this.queue.announce(`${this.name} ${dataset.said}`);
  }

  #show(state, words, part) {
    this.element.dataset.state = state;
    this.part(".item-state").textContent = words;
    this.part(".item-remedy").textContent = "";
    const progress = this.part("progress");
    progress.hidden = state === "failed";
    if (part === null) progress.removeAttribute("value");
    else progress.value = part;
  }

  /** The focus of a button that goes away goes to the next one. */
  #offer({ cancel = false, retry = false }) {
    const stood = this.element.contains(document.activeElement);
    this.part(".cancel").hidden = !cancel;
    this.part(".retry").hidden = !retry;
    this.part(".retry").disabled = false;
    this.part(".retry").textContent = "Try again";
    if (stood) (this.part("button:not([hidden])") ?? this.element).focus();
  }
}

function span(seconds) {
  const pad = (n) => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`;
}

/** Fills the blank result card. What there is to copy is written in it already, with {names} for what is not known. */
function fill(card, image) {
  const { width, height, page_url } = image;
  const caption = (image.caption ?? "").split(/\s+/).join(" ").trim();
  const name = image.filename ?? "Your image";
  const values = { ...image, caption, name, reason: image.retention.reason };
  const escaped = (text) => `${text}`.replace(/[&"<>]/g, (c) => ({ "&": "&amp;", '"': "&quot;", "<": "&lt;", ">": "&gt;" })[c]);
  const marked = (text) => `${text}`.replace(/[\\[\]`*_<>&!]/g, "\\$&");
  for (const place of card.querySelectorAll("[data-fill]")) {
    const what = place.dataset.fill;
    if (what === "page") {
      place.href = page_url;
      place.setAttribute("aria-label", `Open the page of ${name}`);
    } else if (what === "delete") {
      place.href = image.delete_url;
    } else if (what === "warning") {
      place.hidden = image.view_url === null;
    } else if (what === "image") {
      Object.assign(place, { width, height, alt: caption, src: image.sizes.medium.url });
    } else if (place instanceof HTMLInputElement) {
      const put = (_, word) => (what === "markdown" && word === "caption" ? marked : escaped)(values[word]);
      place.value = (place.value || `{${what}}`).replace(/{(\w+)}/g, put);
    } else {
      place.textContent = values[what];
    }
  }
  const time = card.querySelector("local-time");
  if (image.expires_at) time.setAttribute("datetime", image.expires_at);
  else time.parentElement.textContent = "until you delete it";
}

customElements.define("upload-queue", UploadQueue);
