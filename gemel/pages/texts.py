"""The page's words: one table, English and Chinese."""

from __future__ import annotations

from dataclasses import dataclass

#: What a language is called in itself.
LANGUAGES = {"en": "English", "zh": "中文"}

#: The kit's own parts (calendars, file pickers) in that language.
QUASAR = {"en": "en-US", "zh": "zh-CN"}

#: Key -> (English, Chinese); {} stands for what is put in.
TABLE: dict[str, tuple[str, str]] = {
    # the frame
    "menu": ("Menu", "菜单"),
    "skip": ("Skip to the content", "跳到正文"),
    "close": ("Close", "关闭"),
    "cancel": ("Cancel", "取消"),
    "language": ("中文", "English"),
    "theme": ("Light, dark, or as the system", "浅色、深色或跟随系统"),
    "model": ("Model {name}", "模型 {name}"),
    "error.unexpected": (
        "That went wrong on our side. The server's log says how; nothing was changed.",
        "服务器内部出错，详情见服务器日志；没有任何改动。",
    ),
    "problem.refused": ("{message}", "未能完成：{message}"),
    "problem.undecodable": ("{message}", "无法读取：{message}"),
    "problem.too_large": ("{message}", "文件或图片过大：{message}"),
    "problem.too_many": ("{message}", "请求过于频繁，请稍后再试：{message}"),
    "problem.unavailable": ("{message}", "数据库暂时不可用：{message}"),
    "unread": ("This could not be read", "未能读取"),
    "unread.text": ("Nothing was changed. Try again in a moment.", "没有任何改动，请稍后再试。"),
    "again": ("Try again", "重试"),
    "error.lost": ("This page is not there. Choose a tab.", "没有这个页面，请选择一个标签。"),
    "unknown": ("Unknown", "未知"),
    "probability": ("probability {share}", "概率 {share}"),
    "score": ("score {score}", "得分 {score}"),
    "picture.of": ("Picture of {label}", "{label} 的图片"),
    # keys
    "key.title": ("A key, please", "请输入密钥"),
    "key.lead": (
        "This server answers to those who hold a key. It is made with “gemel keys create”, and stays in this session.",
        "本服务需要密钥。密钥由 “gemel keys create” 生成，仅在本次会话中保留。",
    ),
    "key.field": ("API key", "API 密钥"),
    "key.open": ("Open", "进入"),
    "key.wrong": ("This key is not known here, or was revoked.", "密钥无效或已被撤销。"),
    "key.leave": ("Forget the key", "清除密钥"),
    "key.lacking": (
        "Your key does not reach so far: this needs a key of scope “{scope}”.",
        "您的密钥权限不足：此操作需要 “{scope}” 权限的密钥。",
    ),
    # 1 draw
    "draw.tab": ("Draw", "手绘识别"),
    "draw.title": ("Draw and recognise", "手绘与识别"),
    "draw.lead": (
        "Make up a few characters, draw each once, then draw one again. No training happens: one example is enough.",
        "自创几个字符，每个画一遍，然后再画其中一个。无需训练：一个样本就够了。",
    ),
    "draw.square": (
        "Drawing square. Arrow keys move the pen, space puts it down or lifts it, Backspace undoes, Escape clears.",
        "绘图区。方向键移动画笔，空格键落笔或提笔，退格键撤销，Esc 键清空。",
    ),
    "draw.undo": ("Undo the last stroke", "撤销上一笔"),
    "draw.clear": ("Clear", "清空"),
    "draw.name": ("Its name", "名称"),
    "draw.keep": ("Learn it", "记住它"),
    "draw.keys": (
        "By keyboard: arrows move the pen, space puts it down or lifts it.",
        "键盘操作：方向键移动画笔，空格键落笔或提笔。",
    ),
    "draw.known": ("Your characters", "您的字符"),
    "draw.none": ("No character yet", "还没有字符"),
    "draw.none.text": (
        "Draw one on the left and press “Learn it”, or take three that we made up.",
        "在左侧画一个并点击“记住它”，或使用我们准备的三个示例。",
    ),
    "draw.examples": ("Take three examples", "使用三个示例"),
    "draw.forget": ("Forget {label}", "删除 {label}"),
    "draw.forget.all": ("Forget all", "全部删除"),
    "draw.answer": ("What it is", "识别结果"),
    "draw.step.1": ("Draw a made-up character and learn it under its name.", "画一个自创的字符，命名并记住。"),
    "draw.step.2": ("Do the same with two more.", "再画两个。"),
    "draw.step.3": ("Draw one of them again: it is recognised while you draw.", "重画其中一个：边画边识别。"),
    "draw.step.4": ("Draw something else: it is “unknown”.", "画一个新的：结果为“未知”。"),
    "draw.like": ("It looks like your {label}.", "它像您画的“{label}”。"),
    "draw.stranger": (
        "It is none of your characters. Learn it under a new name?",
        "它不是您的任何一个字符。要用新名称记住它吗？",
    ),
    "draw.blank": ("There is no ink yet: draw first.", "还没有笔迹，请先画。"),
    "draw.nameless": ("Give it a name first.", "请先命名。"),
    "draw.full": ("The notebook is full; forget some characters first.", "已满，请先删除一些字符。"),
    "draw.learnt": ("{label} is learnt.", "已记住“{label}”。"),
    "draw.drawings": ("{count} drawings", "{count} 个样本"),
    # where pictures come in
    "drop.several": ("Drop pictures here, choose (+), or paste", "拖入图片、点 + 选择，或粘贴"),
    "drop.one": ("Drop a picture here, choose (+), or paste", "拖入一张图片、点 + 选择，或粘贴"),
    "drop.a": ("First picture", "第一张图片"),
    "drop.b": ("Second picture", "第二张图片"),
    "drop.camera": ("Webcam", "摄像头"),
    "drop.take": ("Take the picture", "拍照"),
    "drop.stop": ("Stop the webcam", "关闭摄像头"),
    "drop.denied": ("There is no webcam, or the browser may not use it.", "没有摄像头，或浏览器未获许可。"),
    "drop.draw": ("Draw it", "手绘"),
    "drop.drawn": ("drawn", "手绘"),
    "drop.use": ("Use it", "使用"),
    "drop.rejected": (
        "That is no picture, or it is larger than {most} MiB.",
        "这不是图片，或超过 {most} MiB。",
    ),
    # 2 enrol
    "enrol.tab": ("Enrol", "登记"),
    "enrol.title": ("Enrol", "登记"),
    "enrol.lead": (
        "Give pictures a class. One example is enough to begin with; each is looked at before it is taken.",
        "为图片指定类别。一个样本即可开始；每张图片登记前都会检查质量。",
    ),
    "enrol.pictures": ("Class and pictures", "类别与图片"),
    "enrol.label": ("Name of the class", "类别名称"),
    "enrol.do": ("Enrol ({count})", "登记（{count}）"),
    "enrol.leave": ("Leave out {name}", "移除 {name}"),
    "enrol.done": ("Enrolled", "已登记"),
    "enrol.none": ("Nothing enrolled yet", "尚未登记"),
    "enrol.none.text": (
        "What you enrol shows up here, with a word where a picture is blurred, doubled, or unlike its class.",
        "登记结果会显示在这里；若图片模糊、重复或与类别不符，会有提示。",
    ),
    "enrol.fresh": ("enrolled", "已登记"),
    "enrol.held": ("was there already", "已存在"),
    # what speaks against a picture, in the words of gemel.gallery.quality
    "warning.blank": ("blank: the picture is even", "空白：画面没有内容"),
    "warning.blurred": ("blurred: the picture shows next to no detail", "模糊：几乎没有细节"),
    "warning.duplicate": (
        "duplicate: all but the same as another example of its class",
        "重复：与同类的另一样本几乎相同",
    ),
    "warning.duplicate.other": (
        "duplicate: all but the same as an example of '{label}'",
        "重复：与“{label}”的一个样本几乎相同",
    ),
    "warning.disagrees": ("disagrees: unlike the other examples of its class", "不符：与同类的其他样本不像"),
    # 3 recognise and verify
    "recognise.tab": ("Recognise", "识别与验证"),
    "recognise.title": ("Recognise and verify", "识别与验证"),
    "recognise.lead": (
        "What is this, and are these two the same? With a probability, and “unknown” where it is nothing enrolled.",
        "这是什么？这两张是否相同？给出概率；若不属于任何已登记类别则为“未知”。",
    ),
    "recognise.one": ("Recognise", "识别"),
    "recognise.two": ("Verify", "验证"),
    "recognise.none": ("No picture yet", "还没有图片"),
    "recognise.none.text": (
        "Its class, the others that it may be, and what it was matched with.",
        "将显示类别、其他可能及匹配的样本。",
    ),
    "recognise.rest": ("Unknown, or another class", "未知或其他类别"),
    "recognise.asked": ("The picture asked about", "待识别的图片"),
    "recognise.raw": ("As a program gets it", "程序接口"),
    "recognise.curl": ("The same from a shell", "命令行调用"),
    "verify.none": ("Two pictures, please", "请提供两张图片"),
    "verify.none.text": (
        "Then move the threshold, and see how often it would err.",
        "然后移动阈值，查看错误率的变化。",
    ),
    "verify.threshold": ("Threshold", "阈值"),
    "verify.same": ("The same", "相同"),
    "verify.different": ("Different", "不同"),
    "verify.rates": (
        "At {limit}: {far} of different pairs would pass (FAR), {frr} of same pairs would not (FRR), as the model's "
        "validation told.",
        "阈值 {limit}：不同对误受率（FAR）{far}，相同对误拒率（FRR）{frr}（来自模型验证数据）。",
    ),
    # 4 search
    "search.tab": ("Search", "搜索"),
    "search.title": ("Search by example", "以图搜图"),
    "search.lead": (
        "Start with a picture; then say what is more like what you mean, and what is not.",
        "先给一张图片，再标出更像与不像的结果。",
    ),
    "search.example": ("What you look for", "要找的内容"),
    "search.found": ("Found", "搜索结果"),
    "search.top": ("How many", "数量"),
    "search.reset": ("Begin anew", "重新开始"),
    "search.none": ("Nothing searched for yet", "尚未搜索"),
    "search.none.text": (
        "The references that are most like your picture show up here, the most alike first.",
        "与图片最相似的样本将显示在这里，最相似的在前。",
    ),
    "search.likes": ("{count} liked", "喜欢 {count}"),
    "search.dislikes": ("{count} disliked", "不喜欢 {count}"),
    "search.like": ("More like this {label}", "更多类似 {label}"),
    "search.no.longer": ("No longer steer by this {label}", "不再参考此 {label}"),
    "search.dislike": ("Not like this {label}", "不要类似 {label}"),
    # 5 gallery
    "gallery.tab": ("Gallery", "图库"),
    "gallery.title": ("Gallery", "图库"),
    "gallery.lead": (
        "What is enrolled. Open a class to rename it, to merge it into another, or to move or delete its pictures.",
        "已登记的内容。打开类别可重命名、合并、移动或删除图片。",
    ),
    "gallery.filter": ("Find a class", "查找类别"),
    "gallery.import": ("Import", "导入"),
    "gallery.import.text": (
        "A zip with a folder of pictures for each class, a CSV that lists them, or a gallery that was exported.",
        "每个类别一个文件夹的 zip、列出图片的 CSV，或已导出的图库。",
    ),
    "gallery.import.file": ("Zip or CSV", "Zip 或 CSV"),
    "gallery.importing": ("Importing …", "正在导入……"),
    "gallery.imported": ("Imported.", "已导入。"),
    "gallery.export": ("Export", "导出"),
    "gallery.exporting": ("Exporting …", "正在导出……"),
    "gallery.classes": ("Classes ({count})", "类别（{count}）"),
    "gallery.references": ("{count} pictures", "{count} 张图片"),
    "gallery.reference": ("1 picture", "1 张图片"),
    "gallery.none": ("Nothing is enrolled yet", "尚未登记任何内容"),
    "gallery.none.text": ("Enrol pictures on the Enrol tab, or import a zip.", "请在“登记”页添加图片，或导入 zip。"),
    "gallery.unmatched": ("No class has that in its name", "没有匹配的类别"),
    "gallery.unmatched.text": ("Type something else, or clear the field.", "请换个关键词或清空。"),
    "gallery.back": ("All classes", "所有类别"),
    "gallery.rename": ("Rename or merge", "重命名或合并"),
    "gallery.rename.text": (
        "The new name. If another class has it, the two become one.",
        "新名称。若已有同名类别，两者将合并。",
    ),
    "gallery.renamed": ("It is “{label}” now.", "现在名为“{label}”。"),
    "gallery.delete": ("Delete the class", "删除类别"),
    "gallery.delete.text": (
        "“{label}” goes, with all its pictures. That cannot be undone.",
        "将删除“{label}”及其全部图片，无法恢复。",
    ),
    "gallery.deleted": ("“{label}” is gone.", "已删除“{label}”。"),
    "gallery.choose": ("Tick pictures to move or delete them.", "勾选图片以移动或删除。"),
    "gallery.move": ("Move", "移动"),
    "gallery.move.text": (
        "Which class do these {count} picture(s) belong to? A new name makes a new class.",
        "这 {count} 张图片属于哪个类别？新名称将创建新类别。",
    ),
    "gallery.moved": ("{count} moved to “{label}”.", "已将 {count} 张移至“{label}”。"),
    "gallery.remove": ("Delete pictures", "删除图片"),
    "gallery.remove.text": ("{count} picture(s) go. That cannot be undone.", "将删除 {count} 张图片，无法恢复。"),
    "gallery.removed": ("{count} deleted.", "已删除 {count} 张。"),
    "delete": ("Delete", "删除"),
    "ok": ("OK", "确定"),
    "save": ("Save", "保存"),
    # 6 review
    "review.tab": ("Review", "审核"),
    "review.title": ("Review", "审核"),
    "review.lead": (
        "What was asked and answered lately. What you confirm or correct is enrolled, and the answers get better.",
        "最近的识别记录。确认或更正后会自动登记，使识别更准。",
    ),
    "review.any": ("all", "全部"),
    "review.open": ("open", "待审核"),
    "review.confirmed": ("confirmed", "已确认"),
    "review.corrected": ("corrected", "已更正"),
    "review.rejected": ("rejected", "已拒绝"),
    "review.below": ("Only answers with a probability below", "仅显示概率低于"),
    "review.count": ("Answers ({count})", "记录（{count}）"),
    "review.none": ("Nothing to look through", "没有待审核的内容"),
    "review.none.text": (
        "Questions that programs or this page ask of the server are kept here, to be settled by a person.",
        "程序或本页面向服务器提出的识别请求会保存在这里，由人工审核。",
    ),
    "review.confirm": ("Right", "正确"),
    "review.correct": ("It is …", "更正为……"),
    "review.correct.text": ("Which class is it?", "它属于哪个类别？"),
    "review.reject": ("Leave out", "忽略"),
    "review.settled": ("Settled.", "已处理。"),
    # 7 thresholds
    "thresholds.tab": ("Thresholds", "阈值"),
    "thresholds.title": ("Thresholds", "阈值"),
    "thresholds.lead": (
        "Where to draw the line, told by the gallery's own pictures: how often strangers would pass, and others not.",
        "根据图库自身数据确定界限：误受与误拒各有多少。",
    ),
    "thresholds.none": ("Too few pictures to tell", "图片太少，无法估计"),
    "thresholds.none.text": (
        "Pairs of one class and pairs of two are needed: enrol at least two classes, one of them with two pictures.",
        "需要同类与异类的图片对：请至少登记两个类别，其中一个至少两张图片。",
    ),
    "thresholds.pick": ("Pick a threshold", "选择阈值"),
    "thresholds.far": ("False accepts that you can bear (FAR)", "可接受的误受率（FAR）"),
    "thresholds.of": ("For", "适用于"),
    "thresholds.gallery": ("the whole gallery", "整个图库"),
    "thresholds.now": ("In force: {limit}", "当前：{limit}"),
    "thresholds.saved": ("The threshold is {limit} now.", "阈值已设为 {limit}。"),
    "thresholds.model": ("the model's own", "模型默认"),
    "thresholds.promised": (
        "The model promised FAR {far} and FRR {frr} here, on its validation classes.",
        "模型在验证类别上给出的对应值：FAR {far}，FRR {frr}。",
    ),
    "thresholds.few": ("Too few pairs to tell this rate: take it as a hint.", "图片对太少，仅供参考。"),
    "thresholds.pairs": (
        "{genuine} pairs of one class, {impostor} of two",
        "同类对 {genuine} 个，异类对 {impostor} 个",
    ),
    "thresholds.scores": ("Scores", "得分分布"),
    "thresholds.genuine": ("one class", "同类"),
    "thresholds.impostor": ("two classes", "异类"),
    "thresholds.score": ("score", "得分"),
    "thresholds.share": ("share, %", "占比，%"),
    "thresholds.roc": ("ROC", "ROC 曲线"),
    "thresholds.det": ("DET", "DET 曲线"),
    "thresholds.x": ("false accepts, %", "误受率，%"),
    "thresholds.tar": ("true accepts, %", "正确接受率，%"),
    "thresholds.frr": ("false rejects, %", "误拒率，%"),
    # 8 map
    "map.tab": ("Map", "分布图"),
    "map.title": ("Map", "分布图"),
    "map.lead": (
        "Every picture a dot, near to what it is like. Point at a dot to see it; doubles and strays are listed beside.",
        "每张图片一个点，相似者相近。指向圆点可查看图片；旁边列出重复与离群者。",
    ),
    "map.tsne": ("t-SNE (neighbours)", "t-SNE（邻近关系）"),
    "map.pca": ("PCA (directions)", "PCA（主方向）"),
    "map.told": (
        "{count} pictures of {classes} classes, laid out by {how}.",
        "{classes} 个类别的 {count} 张图片，布局：{how}。",
    ),
    "map.most": ("The {count} of them that were drawn at random are shown.", "随机显示其中 {count} 张。"),
    "map.none": ("Nothing to lay out yet", "还没有可展示的内容"),
    "map.none.text": ("Enrol at least three pictures.", "请至少登记三张图片。"),
    "map.point": ("Point at a dot, or press it.", "指向或点击圆点。"),
    "map.duplicates": ("Doubles", "重复"),
    "map.duplicates.none": ("No two pictures are nearly the same.", "没有几乎相同的图片。"),
    "map.outliers": ("Strays", "离群"),
    "map.outliers.none": ("No picture is unlike its class.", "没有与其类别不符的图片。"),
    "map.rather": ("rather {other} ({share})", "更像 {other}（{share}）"),
    # 9 playground
    "playground.tab": ("Playground", "试验场"),
    "playground.title": ("Playground", "试验场"),
    "playground.lead": (
        "Episodes, one after the other: a few classes, a few examples of each, and queries to tell. The characters "
        "were made up a moment ago; no model has seen them.",
        "逐个进行小样本任务：若干类别、每类少量样本，再识别查询项。字符都是刚生成的，没有模型见过。",
    ),
    "playground.task": ("The task", "任务"),
    "playground.method": ("Method", "方法"),
    "playground.steps": ("Steps it learns here first", "先在此训练的步数"),
    "playground.ways": ("Classes (ways)", "类别数（way）"),
    "playground.shots": ("Examples of each (shots)", "每类样本数（shot）"),
    "playground.queries": ("Queries of each class", "每类查询数"),
    "playground.seed": ("Seed of the alphabets", "字母表的随机种子"),
    "playground.start": ("Start", "开始"),
    "playground.stop": ("Stop", "停止"),
    "playground.busy": ("Another training takes place; try again in a minute.", "另一个训练正在进行，请稍后再试。"),
    "playground.ready": ("Making the model ready …", "正在准备模型……"),
    "playground.accuracy": ("Accuracy", "准确率"),
    "playground.none": ("–", "–"),
    "playground.none.text": (
        "The mean over the episodes, with its 95 % interval.",
        "各任务的平均值及其 95% 置信区间。",
    ),
    "playground.told": (
        "95 % interval over {count} episode(s); guessing gives {guess}. Each item is embedded in one view.",
        "基于 {count} 个任务的 95% 置信区间；随机猜测为 {guess}。每项仅用一个视图。",
    ),
    "playground.last": ("The last episode", "最近一次任务"),
    "playground.empty": ("No episode yet", "还没有任务"),
    "playground.empty.text": (
        "Choose a method and press Start. A method that is not trained yet learns here for the steps you choose.",
        "选择方法并点击“开始”。未训练的方法会先在此训练所选步数。",
    ),
    "playground.legend": (
        "Each line is a class: its examples, then its queries. A full frame was told right, a dashed one wrong.",
        "每行是一个类别：先是样本，后是查询项。实线框为正确，虚线框为错误。",
    ),
    "playground.support": ("example", "样本"),
    "playground.right": ("told right", "识别正确"),
    "playground.wrong": ("taken for class {place}", "被认作类别 {place}"),
    "playground.dots": ("episode", "单次任务"),
    "playground.mean": ("mean so far", "累计平均"),
    "playground.band": ("95 % interval", "95% 置信区间"),
    "playground.x": ("episode", "任务"),
    "playground.y": ("accuracy, %", "准确率，%"),
    "playground.packaged": ("{name} (packaged)", "{name}（内置）"),
    "playground.served": ("the model served here", "当前服务的模型"),
    "playground.run": ("{name} (run)", "{name}（训练结果）"),
    "playground.fresh": ("{name} (learns here)", "{name}（在此训练）"),
    # 10 runs
    "runs.tab": ("Runs", "训练记录"),
    "runs.title": ("Runs", "训练记录"),
    "runs.lead": (
        "What training left behind: its curves, its figures, its card. Choose several to hold them against each other.",
        "训练留下的曲线、指标与说明。可选择多个进行比较。",
    ),
    "runs.none": ("No run here yet", "还没有训练记录"),
    "runs.none.text": (
        "Runs are looked for in “{folder}”. Train one: gemel train FOLDER --out runs/mine",
        "在 “{folder}” 中查找训练记录。可先训练一个：gemel train FOLDER --out runs/mine",
    ),
    "runs.all": ("Runs ({count})", "训练记录（{count}）"),
    "runs.unfinished": ("unfinished", "未完成"),
    "runs.choose": ("Nothing is chosen", "尚未选择"),
    "runs.choose.text": ("Tick up to {most} runs in the list.", "请在列表中勾选最多 {most} 个。"),
    "runs.accuracy": ("One-shot accuracy on validation classes,\u00a0%", "验证类别上的单样本准确率，%"),
    "runs.loss": ("Training loss", "训练损失"),
    "runs.step": ("step", "步"),
    "runs.figures": ("Figures, with 95 % intervals", "指标及 95% 置信区间"),
    "runs.figure": ("figure", "指标"),
    "figure.episodes": ("{ways}-way {shots}-shot accuracy", "{ways} 类 {shots} 样本准确率"),
    "figure.auc": ("Verification: area under ROC (AUC)", "验证：ROC 曲线下面积（AUC）"),
    "figure.eer": ("Verification: equal error rate", "验证：等错误率"),
    "figure.accuracy": ("Verification: accuracy", "验证：准确率"),
    "figure.tar": ("Verification: genuine pairs accepted at FAR {far}", "验证：FAR {far} 时同类对的通过率"),
    "runs.unmeasured": (
        "Not measured yet: gemel plot RUN measures and draws.",
        "尚未测量：可用 gemel plot RUN 测量并绘图。",
    ),
    "runs.trial": (
        "One trial, drawn at random: one example of each class, and a query.",
        "随机的一次试验：每类一个样本和一个查询项。",
    ),
    "runs.pairs": ("The clearest and the hardest of random pairs.", "随机图片对中最明显与最困难的。"),
    "runs.roc": ("ROC curve, and the scores that it comes from.", "ROC 曲线及其得分分布。"),
    "runs.map": (
        "Embeddings laid out in the plane, items of one class in one colour.",
        "嵌入向量的平面布局，同类同色。",
    ),
    "runs.curves": ("How the training went.", "训练过程。"),
    "part.learner": ("learner", "学习器"),
    "part.encoder": ("encoder", "编码器"),
    "part.similarity": ("similarity", "相似度"),
    "part.loss": ("loss", "损失"),
}


@dataclass(frozen=True)
class Texts:
    """The words in one language: ``say("draw.tab")``, ``say("model", name="parts")``."""

    language: str

    def __call__(self, key: str, **values: object) -> str:
        """Return the text of a key with the values put in.

        Raises:
            KeyError: the table lacks the key, or a value is not given.
        """
        return TABLE[key][list(LANGUAGES).index(self.language)].format(**values)
