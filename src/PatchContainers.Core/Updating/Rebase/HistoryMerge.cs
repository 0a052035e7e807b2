using System.Text.Json.Nodes;
using PatchContainers.Images;

namespace PatchContainers.Updating.Rebase;

/// <summary>
/// The history of a rebased image: the new base's lines and the application's. Lines that made a layer and layers must
/// stay in step, or engines refuse the image.
/// </summary>
internal static class HistoryMerge
{
    /// <summary>The merged list; null where neither image has a history.</summary>
    public static JsonArray? Merge(ImageConfig app, ImageConfig oldBase, ImageConfig newBase)
    {
        if (app.History.Count == 0 && newBase.History.Count == 0)
        {
            return null;
        }

        var result = new JsonArray();
        if (IsAligned(newBase))
        {
            Copy(newBase, 0, result);
        }
        else
        {
            Placeholders(newBase.DiffIds.Count, "a layer of the base image; its history is not recorded", result);
        }

        if (IsAligned(app))
        {
            Copy(app, ApplicationStart(app, oldBase), result);
        }
        else
        {
            Placeholders(app.DiffIds.Count - oldBase.DiffIds.Count, "a layer of the application; its history is not recorded", result);
        }

        return result;
    }

    private static bool IsAligned(ImageConfig config) => config.History.Count(h => !h.EmptyLayer) == config.DiffIds.Count;

    // A builder keeps the base's lines in front of its own. Where one rewrote them, the lines that made layers are counted.
    private static int ApplicationStart(ImageConfig app, ImageConfig oldBase)
    {
        if (IsAligned(oldBase) && app.History.Take(oldBase.History.Count).SequenceEqual(oldBase.History))
        {
            return oldBase.History.Count;
        }

        var start = 0;
        for (var layers = 0; layers < oldBase.DiffIds.Count; start++)
        {
            layers += app.History[start].EmptyLayer ? 0 : 1;
        }

        return start;
    }

    private static void Copy(ImageConfig config, int start, JsonArray result)
    {
        if (RebaseJson.Parse(config.Content)["history"] is JsonArray lines)
        {
            foreach (var line in lines.Skip(start))
            {
                result.Add(line?.DeepClone());
            }
        }
    }

    private static void Placeholders(int count, string comment, JsonArray result)
    {
        for (var i = 0; i < count; i++)
        {
            result.Add((JsonNode)new JsonObject { ["comment"] = comment });
        }
    }
}
