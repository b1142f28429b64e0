// <copy-field><label>… <input readonly></label></copy-field>: adds a button that copies the field's text.
// Without this file the text can be selected and copied by hand.

const SHOWN_MS = 2000;

class CopyField extends HTMLElement {
  connectedCallback() {
    const input = this.querySelector("input");
    if (!input || this.querySelector("button")) return;
    input.addEventListener("focus", () => input.select());
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button quiet";
    button.textContent = "Copy";
    const label = this.querySelector("span")?.textContent ?? "";
    button.setAttribute("aria-label", `Copy: ${label}`);
    const told = document.createElement("span");
    told.className = "unseen";
    told.setAttribute("role", "status");
    button.addEventListener("click", async () => {
      const done = await copy(input);
      button.textContent = done ? "Copied" : "Press Ctrl+C";
      told.textContent = done ? `Copied: ${label}` : "The text is selected. Press Ctrl+C to copy it.";
      setTimeout(() => {
        button.textContent = "Copy";
        told.textContent = "";
      }, SHOWN_MS);
    });
    this.append(button, told);
  }
}

/** Copies an input's text; if the browser does not allow it, leaves the text selected. */
async function copy(input) {
  try {
    await navigator.clipboard.writeText(input.value);
    return true;
  } catch {
    input.focus();
    input.select();
    return false;
  }
}

customElements.define("copy-field", CopyField);
