// SPDX-License-Identifier: MIT OR Apache-2.0
#include "tools/trace/picture.h"

#include <stdio.h>
#include <stdlib.h>

/* Layout in SVG units; the map's own coordinates are ten times finer. */
#define WIDTH 1180
#define HEIGHT 700
#define LEFT 78
#define MAP_TOP 74
#define MAP_W 940
#define MAP_H 400
#define USE_TOP 520
#define USE_H 110
#define FINE 10
#define COLUMNS (MAP_W / 2)
/* About 20 bytes a rectangle: the file stays below 300 KB. */
#define MOST_RECTS 12000u
#define ORDERS 11

static const char *const order_colour[ORDERS] = {"#31327e", "#3b56b0", "#2f7cc0", "#2398ab", "#2fae86", "#67bf5a",
                                                 "#aecb3f", "#efc631", "#f49c2e", "#e86832", "#c7324c"};
#define FREE_COLOUR "#edf0f3"
#define INK "#2b3440"

static double x_of(const struct picture *p, uint64_t record)
{
  return (double)record / p->demand->records;
}

/* ---- axes ---- */

/* The step of 1, 2 or 5 times a power of ten, not below `least`, that gives at most `most` ticks. */
static double tick_step(double range, double least, int most)
{
  double step = least;
  static const double factor[] = {2, 2.5, 2};
  for (int i = 0; range / step > most; i = (i + 1) % 3) step *= factor[i];
  return step;
}

static void text(FILE *f, double x, double y, const char *anchor, const char *more, const char *s)
{
  fprintf(f, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" %s>%s</text>\n", x, y, anchor, more, s);
}

static void y_axis(FILE *f, double top, double height, double mib, const char *title)
{
  char s[64];
  double step = tick_step(mib, 0.1, (int)(height / 24));
  for (double v = 0; v <= mib; v += step) {
    double y = top + height - height * v / mib;
    fprintf(f, "<path class=\"tick\" d=\"M%d %.1fh-5\"/>\n", LEFT, y);
    snprintf(s, sizeof s, "%g", v);
    text(f, LEFT - 9, y + 4, "end", "", s);
  }
  double mid = top + height / 2;
  snprintf(s, sizeof s, "transform=\"rotate(-90 22 %.1f)\"", mid);
  text(f, 22, mid, "middle", s, title);
}

static void x_axis(FILE *f, const struct picture *p, double bottom)
{
  char s[64];
  double all = p->demand->records, step = tick_step(all, 1, 9);
  for (double v = 0; v <= all; v += step) {
    double x = LEFT + MAP_W * v / all;
    fprintf(f, "<path class=\"tick\" d=\"M%.1f %.1fv5\"/>\n", x, bottom);
    snprintf(s, sizeof s, all >= 10000 && v > 0 ? "%gk" : "%g", all >= 10000 ? v / 1000 : v);
    text(f, x, bottom + 19, "middle", "", s);
  }
  text(f, LEFT + MAP_W / 2.0, bottom + 40, "middle", "", "time, in operations of the program (mallocs and frees)");
}

static void frame(FILE *f, double top, double height)
{
  fprintf(f, "<rect class=\"frame\" x=\"%d\" y=\"%g\" width=\"%d\" height=\"%g\"/>\n", LEFT, top, MAP_W, height);
}

/* ---- the map ---- */

static int by_area(const void *a, const void *b)
{
  const struct life *x = a, *y = b;
  uint64_t ax = (uint64_t)(x->to - x->from) << x->order, ay = (uint64_t)(y->to - y->from) << y->order;
  return ax < ay ? 1 : ax > ay ? -1 : x->page < y->page ? -1 : x->page > y->page;
}

/* The lives that are drawn: all that are there, or the largest. */
static struct life *choose(const struct picture *p, uint32_t *drawn, uint32_t *all)
{
  uint32_t n = 0;
  struct life *l = malloc((p->demand->blocks + 1) * sizeof *l);
  for (uint32_t i = 0; l && i < p->demand->blocks; i++)
    if (p->life[i].from != UINT32_MAX) l[n++] = p->life[i];
  if (l) qsort(l, n, sizeof *l, by_area);
  *all = n;
  *drawn = n < MOST_RECTS ? n : MOST_RECTS;
  return l;
}

static int fine_y(const struct picture *p, uint32_t page)
{
  return (int)(FINE * MAP_H * (1 - (double)page / p->pages) + 0.5);
}

static void rect(FILE *f, const struct picture *p, const struct life *l)
{
  int x0 = (int)(FINE * MAP_W * x_of(p, l->from) + 0.5), x1 = (int)(FINE * MAP_W * x_of(p, l->to) + 0.5);
  int y1 = fine_y(p, l->page), y0 = fine_y(p, l->page + (1u << l->order));
  int w = x1 > x0 ? x1 - x0 : 1, h = y1 > y0 ? y1 - y0 : 1;
  fprintf(f, "M%d %dh%dv%dh-%dz", x0, y0, w, h, w);
}

static void map(FILE *f, const struct picture *p, const struct life *l, uint32_t n)
{
  fprintf(f, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"" FREE_COLOUR "\"/>\n", LEFT, MAP_TOP, MAP_W, MAP_H);
  for (int i = 0; i < 2; i++) {
    int y1 = fine_y(p, p->hole[i][0]), y0 = fine_y(p, p->hole[i][1]);
    fprintf(f, "<rect x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"%.1f\" fill=\"url(#reserved)\"/>\n", LEFT,
            MAP_TOP + (double)y0 / FINE, MAP_W, (double)(y1 - y0) / FINE);
  }
  fprintf(f, "<g transform=\"translate(%d %d) scale(%g)\" shape-rendering=\"geometricPrecision\">\n", LEFT, MAP_TOP, 1.0 / FINE);
  for (int k = 0; k < ORDERS; k++) {
    fprintf(f, "<path fill=\"%s\" d=\"", order_colour[k]);
    for (uint32_t i = 0; i < n; i++)
      if (l[i].order == k) rect(f, p, &l[i]);
    fprintf(f, "\"/>\n");
  }
  fprintf(f, "</g>\n");
}

/* ---- memory in use ---- */

struct use {
  double pages[COLUMNS], bytes[COLUMNS]; /* most in each column, in MiB */
};

static void fill_use(const struct picture *p, struct use *u)
{
  const struct demand *d = p->demand;
  uint64_t live = 0;
  uint32_t next = 0;
  for (uint32_t c = 0; c < COLUMNS; c++) u->pages[c] = u->bytes[c] = 0;
  for (uint32_t i = 0; i < d->records; i++) {
    uint32_t c = (uint32_t)((uint64_t)i * COLUMNS / d->records);
    for (; next < d->ops && d->op[next].when <= i; next++)
      live = d->op[next].free ? live - (1u << d->op[next].order) : live + (1u << d->op[next].order);
    double pages = (double)live * PAGE_BYTES / 1048576, bytes = (double)d->bytes[i] / 1048576;
    if (pages > u->pages[c]) u->pages[c] = pages;
    if (bytes > u->bytes[c]) u->bytes[c] = bytes;
  }
  for (uint32_t c = 1; c < COLUMNS && d->records < COLUMNS; c++) { /* columns without a record */
    if (u->pages[c] == 0) u->pages[c] = u->pages[c - 1];
    if (u->bytes[c] == 0) u->bytes[c] = u->bytes[c - 1];
  }
}

static void curve(FILE *f, const double *v, double most, const char *style, int closed)
{
  fprintf(f, "<path %s d=\"M%d %d", style, LEFT, USE_TOP + USE_H);
  for (int c = 0; c < COLUMNS; c++)
    fprintf(f, "L%d %.1f", LEFT + c * MAP_W / COLUMNS + 1, USE_TOP + USE_H - USE_H * v[c] / most);
  if (closed) fprintf(f, "L%d %dz", LEFT + MAP_W, USE_TOP + USE_H);
  fprintf(f, "\"/>\n");
}

static void usage(FILE *f, const struct picture *p)
{
  static struct use u;
  double most = (double)p->demand->peak_pages * PAGE_BYTES / 1048576 * 1.08;
  fill_use(p, &u);
  curve(f, u.pages, most, "fill=\"#9fb6cf\"", 1);
  curve(f, u.bytes, most, "fill=\"none\" stroke=\"#c7324c\" stroke-width=\"1.6\"", 0);
  frame(f, USE_TOP, USE_H);
  y_axis(f, USE_TOP, USE_H, most, "in use (MiB)");
}

/* ---- around it ---- */

static void head(FILE *f)
{
  fprintf(f, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"Helvetica,Arial,'DejaVu Sans',sans-serif\""
             " font-size=\"12.5\" fill=\"" INK "\">\n", WIDTH, HEIGHT);
  fprintf(f, "<style>.frame{fill:none;stroke:" INK ";stroke-width:1}.tick{stroke:" INK ";stroke-width:1}</style>\n"
             "<defs><pattern id=\"reserved\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">"
             "<rect width=\"6\" height=\"6\" fill=\"#c3c9d1\"/><rect width=\"2\" height=\"6\" fill=\"#8d97a4\"/></pattern></defs>\n"
             "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n", WIDTH, HEIGHT);
}

/* The program's name may hold characters that XML reserves. */
static void title(FILE *f, const struct picture *p, uint32_t drawn, uint32_t all)
{
  const struct demand *d = p->demand;
  char s[400], name[sizeof d->name];
  for (size_t i = 0; i < sizeof name; i++)
    name[i] = (d->name[i] >= 1 && d->name[i] < ' ') || d->name[i] == '<' || d->name[i] == '&' || d->name[i] < 0 ? '?' : d->name[i];
  snprintf(s, sizeof s, "Page map over time: the allocations of \xe2\x80\x9c%s\xe2\x80\x9d on Keel", name);
  text(f, LEFT, 32, "start", "font-size=\"19\" font-weight=\"bold\"", s);
  int n = snprintf(s, sizeof s, "%u operations, %u blocks of pages on %.1f MiB; at the peak %.1f MiB in use", d->records, all,
                   (double)p->pages * PAGE_BYTES / 1048576, (double)d->peak_pages * PAGE_BYTES / 1048576);
  if (drawn < all)
    snprintf(s + n, sizeof s - (size_t)n, " (the %u blocks of least pages \xc3\x97 time are not drawn)", all - drawn);
  text(f, LEFT, 55, "start", "fill=\"#5b6673\"", s);
}

static void key(FILE *f, double y, const char *fill, const char *s)
{
  double x = LEFT + MAP_W + 20;
  fprintf(f, "<rect x=\"%.0f\" y=\"%.0f\" width=\"16\" height=\"14\" fill=\"%s\" stroke=\"" INK "\" stroke-width=\"0.4\"/>\n", x, y, fill);
  text(f, x + 23, y + 11.5, "start", "", s);
}

static void legend(FILE *f, const struct life *l, uint32_t n)
{
  double x = LEFT + MAP_W + 20, y = MAP_TOP;
  char s[64];
  text(f, x, y + 10, "start", "font-weight=\"bold\"", "live block");
  y += 20;
  for (int k = ORDERS - 1; k >= 0; k--) {
    uint32_t seen = 0;
    for (uint32_t i = 0; i < n && !seen; i++) seen = l[i].order == k;
    if (!seen) continue;
    snprintf(s, sizeof s, "%d page%s", 1 << k, k ? "s" : "");
    key(f, y, order_colour[k], s);
    y += 19;
  }
  text(f, x, y + 22, "start", "font-weight=\"bold\"", "other pages");
  key(f, y + 32, FREE_COLOUR, "free");
  key(f, y + 51, "url(#reserved)", "reserved");
  key(f, USE_TOP + 22, "#9fb6cf", "pages, in blocks");
  key(f, USE_TOP + 46, "#c7324c", "bytes asked for");
}

static void peak_line(FILE *f, const struct picture *p)
{
  double x = LEFT + MAP_W * x_of(p, p->demand->op[p->demand->peak_op].when);
  fprintf(f, "<path stroke=\"#000\" stroke-dasharray=\"5 4\" stroke-width=\"1.2\" d=\"M%.1f %dV%d\"/>\n", x, MAP_TOP - 4, USE_TOP + USE_H);
  int left = x > LEFT + MAP_W - 60;
  text(f, left ? x - 6 : x + 6, USE_TOP - 8, left ? "end" : "start", "font-style=\"italic\"", "peak");
}

int picture_write(const struct picture *p, const char *path)
{
  uint32_t drawn, all;
  FILE *f = fopen(path, "w");
  if (!f) return -1;
  struct life *l = choose(p, &drawn, &all);
  if (l) {
    head(f);
    title(f, p, drawn, all);
    map(f, p, l, drawn);
    frame(f, MAP_TOP, MAP_H);
    y_axis(f, MAP_TOP, MAP_H, (double)p->pages * PAGE_BYTES / 1048576, "page address (MiB)");
    usage(f, p);
    x_axis(f, p, USE_TOP + USE_H);
    if (p->demand->ops > 0) peak_line(f, p);
    legend(f, l, all);
    fprintf(f, "</svg>\n");
  }
  free(l);
  int bad = !l || ferror(f);
  return fclose(f) != 0 || bad ? -1 : 0;
}
