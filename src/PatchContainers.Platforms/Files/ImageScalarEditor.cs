using System.Globalization;
using PatchContainers.Platforms.Yaml;

namespace PatchContainers.Platforms.Files;

/// <summary>
/// Changes image scalars in a file's bytes, and nothing else: the bytes around them are copied, and what came out is read again and
/// compared node by node with what went in.
/// </summary>
internal static class ImageScalarEditor
{
    /// <summary>The file's bytes with images changed.</summary>
    /// <param name="file">The file.</param>
    /// <param name="changes">The containers, whose scalars are in this file, and their new images.</param>
    /// <param name="limits">The limits to read the result under.</param>
    /// <param name="fault">Why it cannot be done; empty where it can.</param>
    public static byte[]? Edit(WorkloadFile file, IEnumerable<(ImageBinding Binding, string NewImage)> changes, YamlLimits limits,
        out string fault)
    {
        var values = new Dictionary<YamlScalar, (ImageBinding Binding, string NewImage)>();
        foreach (var change in changes)
        {
            values.TryAdd(change.Binding.Origin!, change);
        }

        if (Replace(file, values.Values, out fault) is not { } bytes)
        {
            return null;
        }

        fault = Verify(file, bytes, values.ToDictionary(value => value.Key, value => value.Value.NewImage), limits);
        return fault.Length == 0 ? bytes : null;
    }

    /// <summary>The file's bytes with images changed, not read again.</summary>
    /// <param name="file">The file.</param>
    /// <param name="changes">The containers, each with a scalar of its own, and their new images.</param>
    /// <param name="fault">Why it cannot be done; empty where it can.</param>
    public static byte[]? Replace(WorkloadFile file, IEnumerable<(ImageBinding Binding, string NewImage)> changes, out string fault)
    {
        var edits = new List<TextEdit>();
        fault = string.Empty;
        foreach (var (binding, newImage) in changes)
        {
            var origin = binding.Origin!;
            if (ScalarText.Replace(file.Source.Text, origin, binding.Workload.Image, newImage, out fault) is not { } edit)
            {
                fault = string.Create(CultureInfo.InvariantCulture, $"the image in line {origin.Line} cannot be replaced: {fault}");
                return null;
            }

            edits.Add(edit);
        }

        return file.Source.Replace(edits);
    }

    private static string Verify(WorkloadFile before, byte[] bytes, Dictionary<YamlScalar, string> values, YamlLimits limits)
    {
        WorkloadFile after;
        try
        {
            after = WorkloadFile.Read(before.Source.Path, bytes, limits, CancellationToken.None);
        }
        catch (PatchException e)
        {
            return $"the file would no longer be readable: {e.Message.TrimEnd('.')}";
        }

        if (YamlComparison.FirstDifference(before.Documents, after.Documents, values) is { } line)
        {
            return string.Create(CultureInfo.InvariantCulture, $"more than the image would change, first in line {line}");
        }

        if (after.Bindings.Count != before.Bindings.Count)
        {
            return "other containers than before would be found in the file";
        }

        for (var i = 0; i < before.Bindings.Count; i++)
        {
            var (old, now) = (before.Bindings[i].Workload, after.Bindings[i].Workload);
            var expected = before.Bindings[i].Origin is { } origin ? values.GetValueOrDefault(origin, old.Image) : old.Image;
            if (now.Id != old.Id || now.Image != expected)
            {
                return $"the container '{old.Id}' would run '{now.Image}'";
            }
        }

        return string.Empty;
    }
}
