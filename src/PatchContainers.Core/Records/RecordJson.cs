using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using PatchContainers.History;
using PatchContainers.Inventory;
using PatchContainers.Rollout;
using PatchContainers.Scanning;
using PatchContainers.Staleness;
using PatchContainers.Updating;

namespace PatchContainers.Records;

/// <summary>
/// The records as JSON, the form in which they pass from one command to the next, through a file and a night in between.
/// Property names are those of C#. Enums are written as names and read as names or numbers (PowerShell's <c>ConvertTo-Json</c> writes
/// numbers), times are ISO 8601 in UTC, durations <c>[d.]hh:mm:ss[.fffffff]</c>. Every property is written, nulls too; unknown properties
/// are ignored when read. A property that is there but cannot be read is an error that names it, and so is one that a serializer cut
/// short.
/// </summary>
/// <remarks>
/// There is no property that says which record a line is: each is recognised by a property that no other has (<c>ManifestDigest</c> is
/// an ImageScanResult's, <c>BytesReused</c> a BaseImageUpdate's, <c>SuggestedImage</c> a StaleImage's, <c>Changes</c> a
/// PatchRollout's, <c>PreviousHash</c> a PatchRecord's, <c>RunningDigests</c> a Workload's, <c>CommonCount</c> an
/// ImageScanComparison's, <c>AffectedDigest</c> an ImageNotification's), so that the JSON of <c>ConvertTo-Json</c> and of the command line
/// are one.
/// </remarks>
public static class RecordJson
{
    private const int MaxDepth = 64;

    private static readonly JsonDocumentOptions DocumentOptions = new() { MaxDepth = MaxDepth };

    // The relaxed encoder leaves '+' and letters beyond ASCII readable; the lines are data, never part of an HTML page.
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What each record is known by.</summary>
    internal static readonly (string Property, Type Type)[] Signatures =
    [
        (nameof(ImageScanResult.ManifestDigest), typeof(ImageScanResult)),
        (nameof(BaseImageUpdate.BytesReused), typeof(BaseImageUpdate)),
        (nameof(StaleImage.SuggestedImage), typeof(StaleImage)),
        (nameof(PatchRollout.Changes), typeof(PatchRollout)),
        (nameof(PatchRecord.PreviousHash), typeof(PatchRecord)),
        (nameof(Workload.RunningDigests), typeof(Workload)),
        (nameof(ImageScanComparison.CommonCount), typeof(ImageScanComparison)),
        (nameof(ImageNotification.AffectedDigest), typeof(ImageNotification)),
    ];

    /// <summary>Writes a record as one line of JSON, without a line break.</summary>
    /// <exception cref="ArgumentException">The object is no record of PatchContainers.</exception>
    public static string Write(object record)
    {
        ArgumentNullException.ThrowIfNull(record);
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
        {
            RecordWriter.Write(writer, record);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Reads a record whose type is known.</summary>
    /// <param name="json">The record, a JSON object.</param>
    /// <param name="source">Where it came from, for errors: a file and a line, a parameter.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>, naming the property and the fault.</exception>
    public static T Read<T>(string json, string source)
        where T : class => (T)Read(json, source, typeof(T));

    /// <summary>Reads a record whose type is known, or is recognised by its properties.</summary>
    /// <param name="json">The record, a JSON object.</param>
    /// <param name="source">Where it came from, for errors: a file and a line, a parameter.</param>
    /// <param name="type">The record's type; null to recognise it.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>, naming the property and the fault.</exception>
    public static object Read(string json, string source, Type? type = null)
    {
        using var document = Parse(json, source);
        return Read(document.RootElement, source, type);
    }

    /// <summary>Reads a record whose type is known, or is recognised by its properties.</summary>
    /// <param name="element">The record, a JSON object.</param>
    /// <param name="source">Where it came from, for errors: a file and a line, a parameter.</param>
    /// <param name="type">The record's type; null to recognise it.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>, naming the property and the fault.</exception>
    public static object Read(JsonElement element, string source, Type? type = null)
    {
        type ??= Recognise(element) ?? throw new PatchException(PatchErrorCode.InvalidData, source,
            $"{source} is no record of PatchContainers: "
            + $"it has none of the properties {string.Join(", ", Signatures.Select(s => s.Property))}. "
            + "Give it what an earlier command wrote, with all its properties.");
        return new RecordReader(type.Name, source).Read(element, RecordShape.Of(type));
    }

    /// <summary>The type of record that has these properties; null where it is none.</summary>
    public static Type? Recognise(JsonElement element) => element.ValueKind != JsonValueKind.Object
        ? null
        : Array.Find(Signatures, s => element.EnumerateObject()
            .Any(p => p.Name.Equals(s.Property, StringComparison.OrdinalIgnoreCase))).Type;

    /// <summary>
    /// Reads records from text: one a line, as the command line writes them, or one JSON document of several lines, an object or a list
    /// of them, as <c>ConvertTo-Json</c> writes them. A record that cannot be read is reported, and the rest goes on.
    /// </summary>
    /// <param name="reader">The text.</param>
    /// <param name="source">Its name, for errors: <c>standard input</c>, a path.</param>
    /// <param name="notices">Takes what cannot be read.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    public static async IAsyncEnumerable<object> ReadAllAsync(TextReader reader, string source, IProgress<PatchNotice> notices,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(notices);
        var isFirst = true;
        for (var number = 1; await reader.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line; number++)
        {
            if (string.IsNullOrWhiteSpace(line))
            {
                continue;
            }

            var where = FormattableString.Invariant($"{source}, line {number}");
            // A document of several lines has its opening bracket alone on the first.
            if (isFirst && line.Trim() is ("{" or "["))
            {
                line += "\n" + await reader.ReadToEndAsync(cancellationToken).ConfigureAwait(false);
                where = source;
            }

            isFirst = false;
            foreach (var record in ReadDocument(line, where, notices))
            {
                yield return record;
            }
        }
    }

    /// <summary>Reads one record, or a list of records. One that cannot be read is reported, and the rest goes on.</summary>
    /// <param name="json">A JSON object, or an array of objects.</param>
    /// <param name="source">Where it came from, for errors: a file and a line, a parameter.</param>
    /// <param name="notices">Takes what cannot be read.</param>
    public static IReadOnlyList<object> ReadDocument(string json, string source, IProgress<PatchNotice> notices)
    {
        ArgumentNullException.ThrowIfNull(notices);
        var records = new List<object>();
        try
        {
            using var document = Parse(json, source);
            if (document.RootElement.ValueKind != JsonValueKind.Array)
            {
                records.Add(Read(document.RootElement, source));
                return records;
            }

            var index = 0;
            foreach (var element in document.RootElement.EnumerateArray())
            {
                TryRead(element, FormattableString.Invariant($"{source}[{index++}]"));
            }
        }
        catch (PatchException e)
        {
            notices.Report(new PatchNotice.Failure(e));
        }

        return records;

        void TryRead(JsonElement element, string where)
        {
            try
            {
                records.Add(Read(element, where));
            }
            catch (PatchException e)
            {
                notices.Report(new PatchNotice.Failure(e));
            }
        }
    }

    private static JsonDocument Parse(string json, string source)
    {
        try
        {
            return StrictJson.Parse(System.Text.Encoding.UTF8.GetBytes(json), DocumentOptions);
        }
        catch (JsonException e)
        {
            throw new PatchException(PatchErrorCode.InvalidData, source, $"{source} is not JSON: {e.Message}", e);
        }
    }
}
