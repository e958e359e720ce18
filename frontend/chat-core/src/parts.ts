// What is loaded when it is first needed: a bundler that splits code leaves it out of the first file.
export const loadHttp = () => import('./http.js');
export const loadRooms = () => import('./rooms.js');
