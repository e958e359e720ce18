// The address that the script is loaded from, which only the browser knows.
for (const place of document.querySelectorAll('[data-server]')) {
  place.textContent = document.baseURI;
}
