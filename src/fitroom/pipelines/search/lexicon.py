"""What shoppers call things, in English and Chinese, and which words of the catalogue that means.

A line is ``phrases = attribute: words``; the words are those a catalogue may use, and any of them fits. Where shops and
shoppers sort things differently a phrase means several: what the wardrobe calls jersey, poplin, denim or twill is sold
as cotton. A phrase may speak of two attributes: jeans are trousers, of denim.
"""

from __future__ import annotations

from functools import cache

from fitroom.wardrobe.fabrics.palettes import NAMED

Meaning = dict[str, tuple[str, ...]]
"""Words of the catalogue by attribute; any of them fits."""

_TOPS = "t-shirt polo shirt longsleeve sweater hoodie tank blouse"
_LINES = f"""
t shirt, tshirt, tee, T恤, t恤衫, 短袖 = category: t-shirt
polo, polo shirt, polo衫, 保罗衫 = category: polo
shirt, button down, 衬衫, 衬衣 = category: shirt blouse
long sleeve, longsleeve, long sleeved top, 长袖, 长袖t恤, 打底衫 = category: longsleeve
sweater, jumper, pullover, 毛衣, 针织衫, 套头衫 = category: sweater
hoodie, sweatshirt, hooded sweatshirt, 卫衣, 帽衫, 连帽衫 = category: hoodie
tank, tank top, singlet, camisole, 背心, 吊带, 吊带衫 = category: tank
blouse, 女衬衫, 雪纺衫, 罩衫 = category: blouse
jacket, blazer, 夹克, 短外套 = category: jacket
coat, overcoat, trench, trench coat, 大衣, 风衣 = category: coat
outerwear, 外套 = category: jacket coat
dress, gown, frock, 连衣裙, 裙装 = category: dress
skirt, 半身裙, 半裙, 短裙, 长裙 = category: skirt
裙子, 裙 = category: dress skirt
trousers, pants, slacks, 裤子, 长裤, 裤 = category: trousers
shorts, 短裤 = category: shorts
top, 上衣 = category: {_TOPS}
bottoms, 下装 = category: trousers shorts skirt
jeans, 牛仔裤 = category: trousers | material: denim
black, 黑, 黑色 = color: black
white, 白, 白色 = color: white
grey, gray, 灰, 灰色 = color: grey
beige, cream, 米色, 米白, 杏色, 卡其 = color: beige
brown, 棕, 棕色, 褐色, 咖啡色 = color: brown
red, 红, 红色, 大红 = color: red
pink, 粉, 粉色, 粉红, 粉红色 = color: pink
orange, 橙, 橙色, 橘色 = color: orange
yellow, 黄, 黄色 = color: yellow
green, 绿, 绿色 = color: green
blue, 蓝, 蓝色 = color: blue
purple, violet, 紫, 紫色 = color: purple
藏青, 藏青色, 藏蓝, 深蓝 = color: navy blue
酒红, 酒红色 = color: burgundy red
天蓝, 天蓝色, 浅蓝 = color: sky_blue blue
军绿, 军绿色, 橄榄绿 = color: olive green
cotton, 棉, 纯棉, 全棉, 棉质 = material: cotton jersey poplin denim twill
jersey, 平纹针织, 汗布 = material: jersey
poplin, 府绸 = material: poplin
denim, 牛仔, 牛仔布 = material: denim
satin, 缎, 缎面, 色丁 = material: satin
silk, silky, 真丝, 丝绸 = material: silk satin
chiffon, 雪纺 = material: chiffon
linen, 亚麻, 棉麻 = material: linen
wool, woollen, woolen, 羊毛, 毛呢 = material: wool wool_knit
knit, knitted, wool knit, 针织 = material: wool_knit jersey
fleece, 抓绒, 摇粒绒 = material: fleece
leather, 皮, 皮革, 真皮 = material: leather
twill, 斜纹 = material: twill
solid, plain, 纯色, 素色 = pattern: solid
stripe, striped, 条纹 = pattern: stripe
check, checked, checkered, plaid, tartan, gingham, 格子, 格纹 = pattern: check
floral, flower, flowered, flowery, 碎花, 花朵 = pattern: floral
dot, dotted, polka dot, 波点, 圆点 = pattern: dots
print, printed, patterned, 印花 = pattern: print floral
logo, 标志 = pattern: logo
lettering, slogan, 字母 = pattern: lettering
photo print, 照片 = pattern: photo
spring, 春, 春季, 春天 = season: spring
summer, summery, 夏, 夏季, 夏天, 夏日 = season: summer
autumn, fall, 秋, 秋季, 秋天 = season: autumn
winter, 冬, 冬季, 冬天 = season: winter
casual, everyday, 休闲, 日常 = style: casual
business, office, formal, work, 商务, 通勤, 正式, 职业 = style: business
sport, sporty, athletic, 运动 = style: sporty
elegant, evening, 优雅, 晚装 = style: elegant
street, streetwear, 街头 = style: street
woman, women, lady, female, 女, 女士, 女装, 女式, 女款 = department: female women unisex
man, men, gentleman, male, 男, 男士, 男装, 男式, 男款 = department: male men unisex
unisex, 中性, 男女同款 = department: unisex
"""
# Words that ask for nothing.
_SILENT = """
a an and any for in of on or the to with i we me my want wanted need looking find show something please some wear day
days look colour color coloured made type kind style
的 了 款 件 条 一件 一条 我 要 想要 想 找 适合 穿 和 色 装 季 请 给
帮 衣服 风格 质地 材质 面料
"""
SILENT = frozenset(_SILENT.split())


@cache
def lexicon() -> dict[str, Meaning]:
    """Meaning by phrase; English phrases in lower case, their words parted by one space."""
    found: dict[str, Meaning] = {}
    for line in _LINES.strip().splitlines():
        phrases, meanings = line.split(" = ")
        meaning = {}
        for part in meanings.split(" | "):
            attribute, words = part.split(": ")
            meaning[attribute] = tuple(word.replace("_", " ") for word in words.split())
        found |= {phrase.strip().lower(): meaning for phrase in phrases.split(",")}
    for name, (_, basic, _) in NAMED.items():
        found.setdefault(name, {"color": tuple(dict.fromkeys((name, basic)))})
    return found
