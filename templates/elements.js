// Small things that several scripts do to elements.
const elements = (() => {
  "use strict";
  function make(tag, css, text) {
    const element = document.createElement(tag);
    if (css) element.className = css;
    element.textContent = text;
    return element;
  }

  function put(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  // Says at an input why it is refused; an empty text, that it is not.
  function fault(input, place, why) {
    if (why) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
    put(place, why);
    place.hidden = !why;
  }

  return { make, put, fault };
})();
