/** Removes pictures that cannot be loaded, with the boxes around them. */
export function removeBrokenPictures(): void {
  const remove = (image: HTMLImageElement): void => (image.closest('.picture') ?? image).remove();
  // The error event of an image does not bubble, but it can be captured.
  document.addEventListener(
    'error',
    (event) => {
      if (event.target instanceof HTMLImageElement) remove(event.target);
    },
    { capture: true },
  );
  for (const image of document.querySelectorAll('img')) {
    if (image.complete && image.naturalWidth === 0) remove(image);
  }
}
