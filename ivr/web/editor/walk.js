// Where arrow keys lead from a box of the picture: on and back along the ways, and to the boxes beside.

const ahead = (picture, id) => picture.ways.filter((way) => way.from === id && way.to !== id).map((way) => way.to);
const behind = (picture, id) => picture.ways.filter((way) => way.to === id && way.from !== id).map((way) => way.from);

const beside = (picture, id, from, by) => {
  const fan = from && ahead(picture, from).includes(id) ? ahead(picture, from) : [];
  const here = picture.boxes.find((box) => box.id === id);
  const column = picture.boxes.filter((box) => Math.abs(box.x - here.x) < 20).sort((a, b) => a.y - b.y).map((box) => box.id);
  const row = fan.length > 1 ? fan : column;
  return row[row.indexOf(id) + by];
};

// `trail` holds the boxes by which one came; the answer is { id, trail }, or null where no way leads on.
export const walk = (picture, id, key, trail) => {
  const from = trail.at(-1);
  if (key === "ArrowRight") {
    const to = ahead(picture, id)[0];
    return to ? { id: to, trail: [...trail, id] } : null;
  }
  if (key === "ArrowLeft") {
    const known = behind(picture, id);
    const to = known.includes(from) ? from : known[0];
    return to ? { id: to, trail: trail.slice(0, -1) } : null;
  }
  const to = beside(picture, id, from, key === "ArrowDown" ? 1 : -1);
  return to ? { id: to, trail } : null;
};
