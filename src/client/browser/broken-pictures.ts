/** Takes away the frames of pictures that their publishers no longer have. */
export function dropBrokenPictures(): void {
  const drop = (image: HTMLImageElement): void => image.closest('.picture')?.remove();
  // Errors of pictures do not bubble, but they can be caught on their way down.
  document.addEventListener(
    'error',
    (event) => {
      if (event.target instanceof HTMLImageElement) drop(event.target);
    },
    { capture: true },
  );
  for (const image of document.querySelectorAll<HTMLImageElement>('.picture img')) {
    if (image.complete && image.naturalWidth === 0) drop(image);
  }
}
