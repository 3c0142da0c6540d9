// How many milliseconds to wait until the server is asked again that did not answer: ever longer, and each page another
// while, as after a restart all of them would come at the same moment.

export const patience = (missed, least, most) => least + Math.random() * Math.min(most, least * 2 ** missed);
