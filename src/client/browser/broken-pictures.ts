/** Takes away pictures that their publishers no longer have or that may not be loaded, with the frames around them. */
export function removeBrokenPictures(): void {
  const drop = (image: HTMLImageElement): void => (image.closest('.picture') ?? image).remove();
  // Errors of pictures do not bubble, but they can be caught on their way down.
  document.addEventListener(
    'error',
    (event) => {
      if (event.target instanceof HTMLImageElement) drop(event.target);
    },
    { capture: true },
  );
  for (const image of document.querySelectorAll('img')) {
    if (image.complete && image.naturalWidth === 0) drop(image);
  }
}
