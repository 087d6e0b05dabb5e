"""Parts of a workbook that XlsxWriter does not write, made by hand."""

from __future__ import annotations

from lxml import etree

from moe_report.ooxml.markup import MAIN
from moe_report.ooxml.package import OFFICE_REL, Package, parse, serialize
from moe_report.ooxml.part_names import relationships_name

SHEET_ORDER = [
    "sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr",
    "sheetProtection", "protectedRanges", "scenarios", "autoFilter", "sortState",
    "dataConsolidate", "customSheetViews", "mergeCells", "phoneticPr", "conditionalFormatting",
    "dataValidations", "hyperlinks", "printOptions", "pageMargins", "pageSetup", "headerFooter",
    "rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors", "smartTags",
    "drawing", "legacyDrawing", "legacyDrawingHF", "picture", "oleObjects", "AlternateContent",
    "controls", "webPublishItems", "tableParts", "extLst",
]  # fmt: skip
BOOK_ORDER = [
    "fileVersion", "fileSharing", "workbookPr", "workbookProtection", "bookViews", "sheets",
    "functionGroups", "externalReferences", "definedNames", "calcPr", "oleSize",
    "customWorkbookViews", "pivotCaches", "smartTagPr", "smartTagTypes", "webPublishing",
    "fileRecoveryPr", "webPublishObjects", "extLst",
]  # fmt: skip
X14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
X15 = "http://schemas.microsoft.com/office/spreadsheetml/2010/11/main"
XM = "http://schemas.microsoft.com/office/excel/2006/main"
MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
XDR = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"
THREADED = "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"
MS_REL = "http://schemas.microsoft.com/office"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def _put(root: etree._Element, xml: str, order: list[str]) -> etree._Element:
    """Put an element where the schema wants it."""
    item = etree.fromstring(xml)
    place = order.index(etree.QName(item).localname)
    at = next(
        (n for n, other in enumerate(root) if order.index(etree.QName(other).localname) > place),
        len(root),
    )
    root.insert(at, item)
    return item


def _put_ext(root: etree._Element, uri: str, xml: str, order: list[str]) -> None:
    found = root.find(f"{{{MAIN}}}extLst")
    if found is None:
        found = _put(root, f'<extLst xmlns="{MAIN}"/>', order)
    found.append(etree.fromstring(f'<ext xmlns="{MAIN}" uri="{uri}">{xml}</ext>'))


def share_formulas(package: Package, part: str, row_that_repeats: int) -> None:
    """Add formulas that share one text."""
    root = parse(package[part])
    for number in (14, 15, 16):
        row = root.find(f'.//{{{MAIN}}}row[@r="{number}"]')
        assert row is not None
        shared = 'ref="F14:F16"' if number == 14 else ""
        text = f"B14*2+$B${row_that_repeats}*0" if number == 14 else ""
        row.append(etree.fromstring(
            f'<c xmlns="{MAIN}" r="F{number}"><f t="shared" {shared} si="0">{text}</f>'
            f"<v>{number * 2}</v></c>"
        ))  # fmt: skip
        row.attrib.pop("spans", None)
    package[part] = serialize(root)


def add_threads(package: Package, part: str) -> None:
    """Add comments that answer each other, and who wrote them."""
    threads = package.free_name("xl/threadedComments/threadedComment1.xml")
    package[threads] = (
        f'{HEAD}<ThreadedComments xmlns="{THREADED}"><threadedComment ref="B23" '
        'dT="2026-01-02T03:04:05.00" personId="{11111111-1111-1111-1111-111111111111}" '
        'id="{A1111111-1111-1111-1111-111111111111}"><text>Is it so?</text></threadedComment>'
        '<threadedComment ref="B23" dT="2026-01-02T03:05:05.00" '
        'personId="{11111111-1111-1111-1111-111111111111}" '
        'id="{B1111111-1111-1111-1111-111111111111}" '
        'parentId="{A1111111-1111-1111-1111-111111111111}"><text>It is.</text>'
        "</threadedComment></ThreadedComments>"
    ).encode()
    package.declare(threads, "application/vnd.ms-excel.threadedcomments+xml")
    package.relate(part, f"{MS_REL}/2017/10/relationships/threadedComment", threads)
    package["xl/persons/person.xml"] = (
        f'{HEAD}<personList xmlns="{THREADED}"><person displayName="Ann" '
        'id="{11111111-1111-1111-1111-111111111111}" userId="ann" providerId="None"/></personList>'
    ).encode()
    package.declare("xl/persons/person.xml", "application/vnd.ms-excel.person+xml")
    package.relate(
        "xl/workbook.xml", f"{MS_REL}/2017/10/relationships/person", "xl/persons/person.xml"
    )


def add_control(package: Package, part: str) -> None:
    """Add a check box, linked to a cell below the table."""
    package["xl/ctrlProps/ctrlProp1.xml"] = (
        f'{HEAD}<formControlPr xmlns="{X14}" objectType="CheckBox" checked="Checked" '
        'fmlaLink="Models!$G$25" lockText="1" noThreeD="1"/>'
    ).encode()
    package.declare("xl/ctrlProps/ctrlProp1.xml", "application/vnd.ms-excel.controlproperties+xml")
    link = package.relate(part, f"{OFFICE_REL}/ctrlProp", "xl/ctrlProps/ctrlProp1.xml")
    root = parse(package[part])
    _put(
        root,
        f'<mc:AlternateContent xmlns:mc="{MC}" xmlns="{MAIN}" xmlns:r="{OFFICE_REL}" '
        f'xmlns:xdr="{XDR}" xmlns:x14="{X14}"><mc:Choice Requires="x14"><controls>'
        f'<mc:AlternateContent><mc:Choice Requires="x14"><control shapeId="1990" r:id="{link}" '
        'name="Check Box 1"><controlPr defaultSize="0" autoFill="0" autoLine="0" autoPict="0">'
        '<anchor moveWithCells="1"><from><xdr:col>7</xdr:col><xdr:colOff>0</xdr:colOff>'
        "<xdr:row>24</xdr:row><xdr:rowOff>0</xdr:rowOff></from><to><xdr:col>8</xdr:col>"
        "<xdr:colOff>200</xdr:colOff><xdr:row>25</xdr:row><xdr:rowOff>100</xdr:rowOff></to>"
        "</anchor></controlPr></control></mc:Choice></mc:AlternateContent></controls></mc:Choice>"
        "</mc:AlternateContent>",
        SHEET_ORDER,
    )
    package[part] = serialize(root)
    drawing = next(i.target for i in package.relationships(part) if i.type.endswith("/vmlDrawing")
                   and b"Button" in package[i.target])  # fmt: skip
    shape = (
        '<v:shape id="_x0000_s1990" type="#_x0000_t201" style=\'position:absolute;'
        "margin-left:300pt;margin-top:400pt;width:60pt;height:16pt;z-index:9'>"
        '<x:ClientData ObjectType="Checkbox"><x:SizeWithCells/><x:Anchor>7, 0, 24, 0, 8, 40, 25, 4'
        "</x:Anchor><x:FmlaLink>Models!$G$25</x:FmlaLink><x:Checked>1</x:Checked></x:ClientData>"
        "</v:shape></xml>"
    )
    package[drawing] = package[drawing].replace(b"</xml>", shape.encode())


def add_x14_validation(package: Package, part: str) -> None:
    """Add a validation that only newer programs know."""
    root = parse(package[part])
    _put_ext(
        root, "{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}",
        f'<x14:dataValidations xmlns:x14="{X14}" xmlns:xm="{XM}" count="1"><x14:dataValidation '
        'type="list" allowBlank="1"><x14:formula1><xm:f>Lists!$A$1:$A$3</xm:f></x14:formula1>'
        "<xm:sqref>D26:D27</xm:sqref></x14:dataValidation></x14:dataValidations>",
        SHEET_ORDER,
    )  # fmt: skip
    package[part] = serialize(root)


def add_watches(package: Package, part: str) -> None:
    """Add a watched cell."""
    root = parse(package[part])
    _put(root, f'<cellWatches xmlns="{MAIN}"><cellWatch r="B12"/></cellWatches>', SHEET_ORDER)
    package[part] = serialize(root)


def add_slicer(package: Package, part: str) -> None:
    """Add a slicer of the table below."""
    table = next(i.target for i in package.relationships(part)
                 if i.type.endswith("/table") and b'name="Below"' in package[i.target])  # fmt: skip
    number = parse(package[table]).get("id")
    package["xl/slicers/slicer1.xml"] = (
        f'{HEAD}<slicers xmlns="{X14}"><slicer name="Team" cache="Slicer_Team" caption="Team" '
        'rowHeight="241300"/></slicers>'
    ).encode()
    package["xl/slicerCaches/slicerCache1.xml"] = (
        f'{HEAD}<slicerCacheDefinition xmlns="{X14}" name="Slicer_Team" sourceName="Team"><extLst>'
        f'<x:ext xmlns:x="{MAIN}" uri="{{2F2917AC-EB37-4324-AD4E-5DD8C200BD13}}">'
        f'<x15:tableSlicerCache xmlns:x15="{X15}" tableId="{number}" column="1"/></x:ext></extLst>'
        "</slicerCacheDefinition>"
    ).encode()
    package.declare("xl/slicers/slicer1.xml", "application/vnd.ms-excel.slicer+xml")
    package.declare("xl/slicerCaches/slicerCache1.xml", "application/vnd.ms-excel.slicerCache+xml")
    link = package.relate(part, f"{MS_REL}/2007/relationships/slicer", "xl/slicers/slicer1.xml")
    root = parse(package[part])
    _put_ext(
        root, "{3A4CF648-6AED-40f4-86FF-DC5316D8AED3}",
        f'<x14:slicerList xmlns:x14="{X14}"><x14:slicer xmlns:r="{OFFICE_REL}" r:id="{link}"/>'
        "</x14:slicerList>",
        SHEET_ORDER,
    )  # fmt: skip
    package[part] = serialize(root)
    cache = package.relate(
        "xl/workbook.xml", f"{MS_REL}/2007/relationships/slicerCache",
        "xl/slicerCaches/slicerCache1.xml",
    )  # fmt: skip
    book = parse(package["xl/workbook.xml"])
    _put_ext(
        book, "{46BE6895-7355-4a93-B00E-2C351335B9C9}",
        f'<x15:slicerCaches xmlns:x15="{X15}" xmlns:x14="{X14}"><x14:slicerCache '
        f'xmlns:r="{OFFICE_REL}" r:id="{cache}"/></x15:slicerCaches>',
        BOOK_ORDER,
    )  # fmt: skip
    package["xl/workbook.xml"] = serialize(book)
    drawing = next(i.target for i in package.relationships(part) if i.type.endswith("/drawing"))
    package[drawing] = package[drawing].replace(
        b"</xdr:wsDr>",
        (
            '<xdr:twoCellAnchor editAs="absolute"><xdr:from><xdr:col>5</xdr:col><xdr:colOff>0'
            "</xdr:colOff><xdr:row>18</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:from><xdr:to>"
            "<xdr:col>7</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>24</xdr:row><xdr:rowOff>0"
            f'</xdr:rowOff></xdr:to><mc:AlternateContent xmlns:mc="{MC}" xmlns:sle15="{MS_REL}/'
            'drawing/2012/slicer"><mc:Choice Requires="sle15"><xdr:graphicFrame macro="">'
            '<xdr:nvGraphicFramePr><xdr:cNvPr id="99" name="Team"/><xdr:cNvGraphicFramePr/>'
            '</xdr:nvGraphicFramePr><xdr:xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/></xdr:xfrm>'
            f'<a:graphic><a:graphicData uri="{MS_REL}/drawing/2010/slicer"><sle:slicer '
            f'xmlns:sle="{MS_REL}/drawing/2010/slicer" name="Team"/></a:graphicData></a:graphic>'
            "</xdr:graphicFrame></mc:Choice><mc:Fallback/></mc:AlternateContent><xdr:clientData/>"
            "</xdr:twoCellAnchor></xdr:wsDr>"
        ).encode(),
    )


def add_pivot(package: Package, part: str) -> None:
    """Add a pivot table whose source stands below the rows that repeat."""
    cache, table = "xl/pivotCache/pivotCacheDefinition1.xml", "xl/pivotTables/pivotTable1.xml"
    records = "xl/pivotCache/pivotCacheRecords1.xml"
    package[records] = (
        f'{HEAD}<pivotCacheRecords xmlns="{MAIN}" count="3"><r><x v="0"/><n v="10"/><n v="1"/></r>'
        '<r><x v="1"/><n v="12"/><n v="2"/></r><r><x v="0"/><n v="20"/><n v="3"/></r>'
        "</pivotCacheRecords>"
    ).encode()
    package[cache] = (
        f'{HEAD}<pivotCacheDefinition xmlns="{MAIN}" xmlns:r="{OFFICE_REL}" r:id="rId1" '
        'refreshedBy="Ann" refreshedDate="45000" createdVersion="6" refreshedVersion="6" '
        'minRefreshableVersion="3" recordCount="3"><cacheSource type="worksheet"><worksheetSource '
        'ref="A20:C23" sheet="Models"/></cacheSource><cacheFields count="3"><cacheField '
        'name="Team" numFmtId="0"><sharedItems count="2"><s v="A"/><s v="B"/></sharedItems>'
        '</cacheField><cacheField name="Cost" numFmtId="0"><sharedItems containsSemiMixedTypes="0" '
        'containsString="0" containsNumber="1" containsInteger="1" minValue="10" maxValue="20"/>'
        '</cacheField><cacheField name="Grade" numFmtId="0"><sharedItems '
        'containsSemiMixedTypes="0" containsString="0" containsNumber="1" containsInteger="1" '
        'minValue="1" maxValue="3"/></cacheField></cacheFields></pivotCacheDefinition>'
    ).encode()
    package[table] = (
        f'{HEAD}<pivotTableDefinition xmlns="{MAIN}" name="PivotTable1" cacheId="1" '
        'applyNumberFormats="0" applyBorderFormats="0" applyFontFormats="0" '
        'applyPatternFormats="0" applyAlignmentFormats="0" applyWidthHeightFormats="1" '
        'dataCaption="Values" updatedVersion="6" minRefreshableVersion="3" createdVersion="6" '
        'indent="0" outline="1" outlineData="1" rowGrandTotals="0"><location ref="A3:B5" '
        'firstHeaderRow="1" firstDataRow="1" firstDataCol="1"/><pivotFields count="3"><pivotField '
        'axis="axisRow" showAll="0"><items count="3"><item x="0"/><item x="1"/>'
        '<item t="default"/></items></pivotField><pivotField dataField="1" showAll="0"/>'
        '<pivotField showAll="0"/></pivotFields><rowFields count="1"><field x="0"/></rowFields>'
        '<rowItems count="2"><i><x/></i><i><x v="1"/></i></rowItems><colItems count="1"><i/>'
        '</colItems><dataFields count="1"><dataField name="Sum of Cost" fld="1" baseField="0" '
        'baseItem="0"/></dataFields><pivotTableStyleInfo name="PivotStyleLight16" '
        'showRowHeaders="1" showColHeaders="1"/></pivotTableDefinition>'
    ).encode()
    package.declare(cache, f"{KIND}.pivotCacheDefinition+xml")
    package.declare(records, f"{KIND}.pivotCacheRecords+xml")
    package.declare(table, f"{KIND}.pivotTable+xml")
    package.relate(cache, f"{OFFICE_REL}/pivotCacheRecords", records)
    package.relate(table, f"{OFFICE_REL}/pivotCacheDefinition", cache)
    package.relate(part, f"{OFFICE_REL}/pivotTable", table)
    link = package.relate("xl/workbook.xml", f"{OFFICE_REL}/pivotCacheDefinition", cache)
    book = parse(package["xl/workbook.xml"])
    _put(
        book, f'<pivotCaches xmlns="{MAIN}" xmlns:r="{OFFICE_REL}"><pivotCache cacheId="1" '
        f'r:id="{link}"/></pivotCaches>', BOOK_ORDER,
    )  # fmt: skip
    package["xl/workbook.xml"] = serialize(book)


def add_external_link(package: Package, part: str) -> None:
    """Add another workbook, which has a sheet Models of its own: its cells do not move."""
    link = "xl/externalLinks/externalLink1.xml"
    package[link] = (
        f'{HEAD}<externalLink xmlns="{MAIN}"><externalBook xmlns:r="{OFFICE_REL}" r:id="rId1">'
        '<sheetNames><sheetName val="Models"/></sheetNames><sheetDataSet><sheetData sheetId="0">'
        '<row r="21"><cell r="B21"><v>42</v></cell></row></sheetData></sheetDataSet>'
        "</externalBook></externalLink>"
    ).encode()
    package[relationships_name(link)] = (
        f'{HEAD}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{OFFICE_REL}/externalLinkPath" Target="rates.xlsx" '
        'TargetMode="External"/></Relationships>'
    ).encode()
    package.declare(link, f"{KIND}.externalLink+xml")
    number = package.relate("xl/workbook.xml", f"{OFFICE_REL}/externalLink", link)
    book = parse(package["xl/workbook.xml"])
    _put(
        book, f'<externalReferences xmlns="{MAIN}" xmlns:r="{OFFICE_REL}"><externalReference '
        f'r:id="{number}"/></externalReferences>', BOOK_ORDER,
    )  # fmt: skip
    package["xl/workbook.xml"] = serialize(book)
    root = parse(package[part])
    row = root.find(f'.//{{{MAIN}}}row[@r="13"]')
    assert row is not None
    row.append(etree.fromstring(f'<c xmlns="{MAIN}" r="D13"><f>[1]Models!$B$21</f><v>42</v></c>'))
    row.attrib.pop("spans", None)
    package[part] = serialize(root)


def add_custom_xml(package: Package) -> None:
    """Add data of another program's own."""
    package["customXml/item1.xml"] = (
        b'<?xml version="1.0"?>\r\n<acme:data xmlns:acme="urn:acme"  a = "1"/>'
    )
    package["customXml/itemProps1.xml"] = (
        b'<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n<ds:datastoreItem '
        b'ds:itemID="{22222222-2222-2222-2222-222222222222}" xmlns:ds="http://schemas.'
        b'openxmlformats.org/officeDocument/2006/customXml"/>'
    )
    package.declare(
        "customXml/itemProps1.xml",
        "application/vnd.openxmlformats-officedocument.customXmlProperties+xml",
    )
    package.relate(
        "customXml/item1.xml", f"{OFFICE_REL}/customXmlProps", "customXml/itemProps1.xml"
    )
    package.relate("xl/workbook.xml", f"{OFFICE_REL}/customXml", "customXml/item1.xml")
