/** Stands where the package of prompts would start an editor, which no question here asks for. */
export const editAsync = (): never => {
  throw new Error('the offline tool starts no editor');
};
