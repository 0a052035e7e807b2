using System.Collections;
using System.Management.Automation;
using PatchContainers.Records;

namespace PatchContainers.PowerShell.Pipeline;

/// <summary>
/// Takes a record in any form in which one arrives: as an earlier cmdlet wrote it, from Import-Clixml or a job, from
/// ConvertFrom-Json, or as a line of JSON. Other text is left as it is: an image reference. An input that cannot be read becomes the
/// <see cref="PatchException"/> that says why, for the cmdlet to report: what is thrown from here loses its id and its target.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class RecordTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        var list = new List<object>();
        Add(list, inputData);
        return list.ToArray();
    }

    private static void Add(List<object> list, object? input)
    {
        switch ((input as PSObject)?.BaseObject ?? input)
        {
            case null:
                throw new ArgumentTransformationMetadataException(
                    "The input is null. Give an image reference, or a record that an earlier command wrote.");
            case string text when text.AsSpan().TrimStart() is ['{' or '[', ..]:
                AddJson(list, text);
                break;
            case string text:
                list.Add(text);
                break;
            case IEnumerable items and not IDictionary:
                foreach (var item in items)
                {
                    Add(list, item);
                }

                break;
            default:
                AddRecord(list, PSObject.AsPSObject(input!));
                break;
        }
    }

    private static void AddJson(List<object> list, string json)
    {
        var failures = new Failures(list);
        list.AddRange(RecordJson.ReadDocument(json, "the input text", failures));
    }

    private static void AddRecord(List<object> list, PSObject value)
    {
        try
        {
            list.Add(RecordTree.Read(value));
        }
        catch (PatchException e)
        {
            list.Add(e);
        }
    }

    private sealed class Failures(List<object> list) : IProgress<PatchNotice>
    {
        public void Report(PatchNotice value) => list.Add(((PatchNotice.Failure)value).Exception);
    }
}
