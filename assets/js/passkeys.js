// <passkey-button data-ceremony="create|get" data-options="/path"><form>…<input name="answer"><button>…</form>: asks the
// server what to ask, asks the browser, and sends the answer with the form. Without this file, or without passkeys in
// the browser, the button stays disabled and says why.

/** Base64url without padding, as WebAuthn's JSON has it. */
const toBytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const CEREMONIES = {
  create: {
    ask: (publicKey) => navigator.credentials.create({ publicKey }),
    parse: (json) => PublicKeyCredential.parseCreationOptionsFromJSON?.(json) ?? withBytes(json),
  },
  get: {
    ask: (publicKey) => navigator.credentials.get({ publicKey }),
    parse: (json) => PublicKeyCredential.parseRequestOptionsFromJSON?.(json) ?? withBytes(json),
  },
};

class PasskeyButton extends HTMLElement {
  connectedCallback() {
    const form = this.querySelector("form");
    const button = form?.querySelector("button");
    const ceremony = CEREMONIES[this.dataset.ceremony];
    if (!button || !ceremony || !window.PublicKeyCredential) return;
    const told = form.querySelector("[role=status]");
    const tell = (text) => told && (told.textContent = text);
    button.disabled = false;
    tell("");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      button.disabled = true;
      tell("Your browser asks you now…");
      try {
        form.elements.answer.value = JSON.stringify(await this.#answer(ceremony));
        form.submit();
      } catch (error) {
        button.disabled = false;
        tell(inWords(error));
      }
    });
  }

  async #answer(ceremony) {
    // With the form's token, where it has one: the question is as much its owner's as the answer.
    const body = new URLSearchParams({ form_token: this.querySelector("[name=form_token]")?.value ?? "" });
    const asked = await fetch(this.dataset.options, { method: "POST", headers: { accept: "application/json" }, body });
    const json = await asked.json();
    if (!asked.ok) throw new Error(json.detail);
    const credential = await ceremony.ask(ceremony.parse(json));
    return toJson(credential);
  }
}

/** The options of a browser that cannot read JSON by itself. */
function withBytes(json) {
  const described = (list) => list?.map((item) => ({ ...item, id: toBytes(item.id) }));
  const options = { ...json, challenge: toBytes(json.challenge) };
  if (json.user) options.user = { ...json.user, id: toBytes(json.user.id) };
  if (json.excludeCredentials) options.excludeCredentials = described(json.excludeCredentials);
  if (json.allowCredentials) options.allowCredentials = described(json.allowCredentials);
  return options;
}

/** What the server reads of a credential; `toJSON()` would say more, which nobody asked for. */
function toJson({ id, rawId, type, response }) {
  const answer = { id, rawId: toText(rawId), type, response: { clientDataJSON: toText(response.clientDataJSON) } };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]) answer.response[name] = toText(response[name]);
  }
  return answer;
}

function inWords(error) {
  switch (error.name) {
    case "NotAllowedError":
      return "Nothing was chosen, or it took too long. Try again.";
    case "InvalidStateError":
      return "This device has a passkey for your account already.";
    case "SecurityError":
      return "This browser does not allow passkeys on this address.";
    default:
      return error.message || "It did not work. Try again.";
  }
}

customElements.define("passkey-button", PasskeyButton);
