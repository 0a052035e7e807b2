using System.Text.Json;
using System.Text.Json.Nodes;
using PatchContainers.History;
using PatchContainers.Inventory;
using PatchContainers.Records;
using PatchContainers.Scanning;
using PatchContainers.Staleness;
using PatchContainers.Updating;
using Xunit;

namespace PatchContainers.Core.Tests.Records;

public sealed class RecordJsonTests
{
    public static TheoryData<int> Samples => [.. Enumerable.Range(0, RecordSamples.All.Count)];

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_record_is_one_line_that_reads_back_with_every_leaf(int index)
    {
        var record = RecordSamples.All[index];
        var line = RecordJson.Write(record);
        Assert.DoesNotContain('\n', line);

        var read = RecordJson.Read(line, "line 1");

        Assert.Equal(record.GetType(), read.GetType());
        Assert.Equal(line, RecordJson.Write(read));
        Assert.Equivalent(record, read, strict: true);
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Every_property_is_written_under_its_own_name(int index)
    {
        var record = RecordSamples.All[index];
        var json = JsonNode.Parse(RecordJson.Write(record))!.AsObject();
        Assert.Equal(record.GetType().GetProperties().Select(p => p.Name), json.Select(p => p.Key));
    }

    [Fact]
    public void The_samples_give_every_property_a_value_and_are_those_of_the_module_tests()
    {
        var lines = RecordSamples.All.Select(RecordJson.Write).ToArray();
        var empty = new HashSet<string>();
        var filled = new HashSet<string>();
        foreach (var line in lines)
        {
            using var document = JsonDocument.Parse(line);
            Walk(document.RootElement, RecordJson.Recognise(document.RootElement)!.Name);
        }

        Assert.Empty(empty.Except(filled));
        Assert.Equal(lines, File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "records.jsonl")));

        void Walk(JsonElement element, string path)
        {
            var isEmpty = element.ValueKind switch
            {
                JsonValueKind.Null => true,
                JsonValueKind.String => element.GetString()!.Length == 0,
                JsonValueKind.Array => element.GetArrayLength() == 0,
                JsonValueKind.Object => !element.EnumerateObject().Any(),
                JsonValueKind.Number => element.GetDouble() == 0,
                _ => false,
            };
            (isEmpty ? empty : filled).Add(path);
            foreach (var child in element.ValueKind == JsonValueKind.Array ? element.EnumerateArray() : Enumerable.Empty<JsonElement>())
            {
                Walk(child, path + "[]");
            }

            foreach (var child in element.ValueKind == JsonValueKind.Object ? element.EnumerateObject() : Enumerable.Empty<JsonProperty>())
            {
                Walk(child.Value, $"{path}.{child.Name}");
            }
        }
    }

    [Fact]
    public void Records_that_no_command_reads_can_be_written_too()
    {
        var verification = new HistoryVerification { IsIntact = true, Head = new HistoryHead(3, "ab"), Count = 3, Detail = "ok" };
        var written = RecordJson.Write(verification);
        Assert.Equal("""{"IsIntact":true,"Head":{"Sequence":3,"Hash":"ab"},"Count":3,"FirstFault":null,"Detail":"ok"}""", written);
        Assert.Throws<ArgumentException>(() => RecordJson.Write("text"));
    }

    [Fact]
    public void Labels_are_written_in_one_order_whatever_the_dictionarys_own()
    {
        var one = RecordSamples.Workload with { Labels = new Dictionary<string, string> { ["b"] = "1", ["a"] = "2" } };
        var other = RecordSamples.Workload with { Labels = new Dictionary<string, string> { ["a"] = "2", ["b"] = "1" } };
        Assert.Equal(RecordJson.Write(one), RecordJson.Write(other));
    }

    [Fact]
    public void Nulls_are_written_and_read_as_nulls()
    {
        var line = RecordJson.Write(new StaleImage { Image = "app" });
        Assert.Contains("\"Created\":null,\"AgeDays\":null,\"BehindDays\":null", line, StringComparison.Ordinal);
        var read = RecordJson.Read<StaleImage>(line, "line 1");
        Assert.Null(read.Created);
        Assert.Null(read.AgeDays);
    }

    [Fact]
    public void Times_are_written_in_utc_whatever_their_offset()
    {
        var time = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.FromHours(2));
        var line = RecordJson.Write(new StaleImage { Image = "app", CheckedAt = time });
        Assert.Contains("\"CheckedAt\":\"2026-03-01T10:00:00Z\"", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Enums_are_read_as_names_and_as_numbers()
    {
        const string Line = """{"Image":"app","Status":1,"Reasons":["TagMoved",5,"baseChanged"],"SuggestedImage":""}""";
        var read = RecordJson.Read<StaleImage>(Line, "line 1");
        Assert.Equal(StaleStatus.Stale, read.Status);
        Assert.Equal([StaleReason.TagMoved, StaleReason.EndOfLife, StaleReason.BaseChanged], read.Reasons);
    }

    [Fact]
    public void Unknown_properties_are_ignored_and_missing_optional_ones_keep_their_defaults()
    {
        var read = RecordJson.Read<StaleImage>("""{"Image":"app","Added":{"By":"a later version"},"PSComputerName":"x"}""", "line 1");
        Assert.Equal("app", read.Image);
        Assert.Empty(read.Workloads);
    }

    // The rows of cut-short values are what ConvertTo-Json and Export-Clixml leave when their depth ends.
    public static TheoryData<string, string, string> Faults => new()
    {
        { """{"SuggestedImage":""}""", "Image", "is missing" },
        { """{"Image":null}""", "Image", "it is null" },
        { """{"Image":7}""", "Image", "7 where text belongs" },
        { """{"Image":"a","Status":"Rotten"}""", "Status", "'Rotten' where one of Unknown, Stale, Fresh belongs" },
        { """{"Image":"a","Status":17}""", "Status", "17 where one of" },
        { """{"Image":"a","Status":"1"}""", "Status", "'1' where one of" },
        { """{"Image":"a","Platforms":"linux/amd64 linux/arm64"}""", "Platforms", "cut short" },
        { """{"Image":"a","Platforms":"System.Object[]"}""", "Platforms", "cut short" },
        { """{"Image":"a","Platforms":null}""", "Platforms", "it is null" },
        { """{"Image":"a","Platforms":{}}""", "Platforms", "an object where a list belongs" },
        { """{"Image":"a","Base":"BaseImageInfo { Name = x }"}""", "Base", "cut short" },
        { """{"Image":"a","Base":"@{Name=x}"}""", "Base", "cut short" },
        { """{"Image":"a","Workloads":["PatchContainers.Inventory.Workload"]}""", "Workloads[0]", "cut short" },
        { WithLabels("\"System.Collections.Hashtable\""), "Workloads[0].Labels", "cut short" },
        { WithLabels("""{"x":1}"""), "Workloads[0].Labels.x", "1 where text belongs" },
        { """{"Image":"a","Created":"yesterday"}""", "Created", "a time belongs" },
        { """{"Image":"a","Created":"2026-03-01T10:00:00"}""", "Created", "with Z or an offset" },
        { """{"Image":"a","AgeDays":1.5}""", "AgeDays", "a whole number belongs" },
        { """{"Image":"a","AgeDays":3000000000}""", "AgeDays", "a whole number belongs" },
        { """{"Image":"a","image":"b"}""", "image", "there twice" },
    };

    private static string WithLabels(string labels) =>
        $$"""{"Image":"a","Workloads":[{"Id":"i","Platform":"p","Name":"n","Image":"a","Labels":{{labels}}}]}""";

    [Theory]
    [MemberData(nameof(Faults))]
    public void What_is_there_but_cannot_be_read_is_an_error_that_names_it(string json, string property, string fault)
    {
        var e = Assert.Throws<PatchException>(() => RecordJson.Read<StaleImage>(json, "stale.json, line 3"));
        Assert.Equal(PatchErrorCode.InvalidData, e.Code);
        Assert.Contains($"'{property}'", e.Message, StringComparison.Ordinal);
        Assert.Contains(fault, e.Message, StringComparison.Ordinal);
        Assert.Contains("StaleImage in stale.json, line 3", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_record_s_name_has_its_article() =>
        Assert.Contains("an ImageScanResult cannot be without it",
            Assert.Throws<PatchException>(() => RecordJson.Read<ImageScanResult>("""{"ManifestDigest":""}""", "line 1")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("{", "is not JSON")]
    [InlineData("[]", "is no record")]
    [InlineData("\"app\"", "is no record")]
    [InlineData("""{"Image":"app"}""", "is no record")]
    public void What_is_no_record_is_an_error(string json, string fault)
    {
        var e = Assert.Throws<PatchException>(() => RecordJson.Read(json, "line 1"));
        Assert.Contains(fault, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_nested_ten_thousand_deep_is_an_error()
    {
        var json = new string('[', 10_000) + new string(']', 10_000);
        Assert.Equal(PatchErrorCode.InvalidData, Assert.Throws<PatchException>(() => RecordJson.Read(json, "line 1")).Code);
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Each_record_is_recognised_by_a_property_that_no_other_has(int index)
    {
        var record = RecordSamples.All[index];
        using var document = JsonDocument.Parse(RecordJson.Write(record));
        Assert.Equal(record.GetType(), RecordJson.Recognise(document.RootElement));

        // In whatever order its properties stand: none of them is what another record is known by.
        var reversed = new JsonObject(JsonNode.Parse(RecordJson.Write(record))!.AsObject().Reverse()
            .Select(p => KeyValuePair.Create(p.Key, p.Value?.DeepClone())));
        Assert.Equal(record.GetType(), RecordJson.Read(reversed.ToJsonString(), "line 1").GetType());
        Assert.Single(RecordJson.Signatures, s => document.RootElement.TryGetProperty(s.Property, out _));
    }

    [Fact]
    public async Task A_line_that_cannot_be_read_is_reported_and_the_others_go_on()
    {
        var text = $"{RecordJson.Write(RecordSamples.Stale)}\n\nnot json\n{RecordJson.Write(RecordSamples.Workload)}\n";
        var (records, failures) = await ReadAllAsync(text);
        Assert.Collection(records, r => Assert.IsType<StaleImage>(r), r => Assert.IsType<Workload>(r));
        Assert.Equal("input, line 3", Assert.Single(failures).Target);
    }

    [Fact]
    public async Task A_broken_first_line_does_not_take_the_others_with_it()
    {
        var (records, failures) = await ReadAllAsync("{\"Image\":\n" + RecordJson.Write(RecordSamples.Scan));
        Assert.IsType<ImageScanResult>(Assert.Single(records));
        Assert.Single(failures);
    }

    [Fact]
    public async Task An_indented_document_is_read_as_well()
    {
        var indented = new JsonSerializerOptions { WriteIndented = true };
        var list = new JsonArray([.. RecordSamples.All.Select(r => JsonNode.Parse(RecordJson.Write(r)))]);
        var (records, failures) = await ReadAllAsync(list.ToJsonString(indented));
        Assert.Empty(failures);
        Assert.Equal(RecordSamples.All.Select(r => r.GetType()), records.Select(r => r.GetType()));

        (records, _) = await ReadAllAsync(JsonNode.Parse(RecordJson.Write(RecordSamples.Update))!.ToJsonString(indented));
        Assert.IsType<BaseImageUpdate>(Assert.Single(records));
    }

    private static async Task<(List<object> Records, List<PatchException> Failures)> ReadAllAsync(string text)
    {
        var failures = new List<PatchException>();
        var records = new List<object>();
        var notices = new Sink(failures);
        var reader = new StringReader(text);
        await foreach (var record in RecordJson.ReadAllAsync(reader, "input", notices, TestContext.Current.CancellationToken))
        {
            records.Add(record);
        }

        return (records, failures);
    }

    private sealed class Sink(List<PatchException> failures) : IProgress<PatchNotice>
    {
        public void Report(PatchNotice value) => failures.Add(Assert.IsType<PatchNotice.Failure>(value).Exception);
    }
}
