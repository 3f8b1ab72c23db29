// What a screen reader is told: changes of state and answers to an action, never running numbers.

/** @param {string} text */
export function say(text) {
  const place = document.getElementById("said");
  if (place !== null && place.textContent !== text) place.textContent = text;
}
