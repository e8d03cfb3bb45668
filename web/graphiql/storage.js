/** Where GraphiQL keeps its tabs and history: in this browser tab alone, apart from the token. */

const PREFIX = 'graphiql:';

const ownKeys = () => Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX));

export const storage = {
  getItem: (key) => sessionStorage.getItem(key),
  setItem: (key, value) => sessionStorage.setItem(key, value),
  removeItem: (key) => sessionStorage.removeItem(key),
  clear: () => ownKeys().forEach((key) => sessionStorage.removeItem(key)),
  get length() {
    return ownKeys().length;
  },
};
