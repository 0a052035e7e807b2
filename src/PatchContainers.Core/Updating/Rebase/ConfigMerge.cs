using System.Text.Json.Nodes;
using PatchContainers.Images;
using PatchContainers.Staleness;
using Entries = System.Collections.Generic.List<System.Collections.Generic.KeyValuePair<string, System.Text.Json.Nodes.JsonNode?>>;

namespace PatchContainers.Updating.Rebase;

/// <summary>A merged configuration.</summary>
/// <param name="Content">The document.</param>
/// <param name="Reports">Values that base and application both changed, and fields that had to go.</param>
internal sealed record MergedConfig(byte[] Content, IReadOnlyList<string> Reports);

/// <summary>
/// Merges image configurations three ways: values equal to the old base's take the new base's, those that the application set stay.
/// Environment variables, labels, ports and volumes are merged one by one; every other value, known or not, as a whole.
/// </summary>
internal static class ConfigMerge
{
    private static readonly string[] ByKey = ["Labels", "ExposedPorts", "Volumes"];

    /// <summary>Merges.</summary>
    /// <param name="app">The image's configuration.</param>
    /// <param name="oldBase">That of the base it was built on; its DiffIDs are the first of the image's.</param>
    /// <param name="newBase">That of the base it moves to.</param>
    /// <param name="refresh">What the labels about the base say afterwards, where the image has them.</param>
    /// <param name="source">The image, for errors.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: a document's JSON has doubled keys or the
    /// like.</exception>
    public static MergedConfig Merge(ImageConfig app, ImageConfig oldBase, ImageConfig newBase, BaseRefresh refresh, string source) =>
        RebaseJson.Read(source, () => new Run(app, oldBase, newBase).Merge(refresh));

    private sealed class Run(ImageConfig app, ImageConfig oldBase, ImageConfig newBase)
    {
        private readonly List<string> _reports = [];

        public MergedConfig Merge(BaseRefresh refresh)
        {
            var result = RebaseJson.Parse(app.Content);
            var before = RebaseJson.Parse(oldBase.Content);
            var after = RebaseJson.Parse(newBase.Content);

            foreach (var name in Names(result, after).Where(n => n is not ("created" or "history" or "rootfs" or "config")))
            {
                // BuildKit's inline cache and build information speak of layers by number and of sources by digest: both are other ones
                // now.
                if (name.StartsWith("moby.buildkit.", StringComparison.Ordinal))
                {
                    if (result.Remove(name))
                    {
                        _reports.Add($"The config's '{name}' describes the old layers and was dropped.");
                    }

                    continue;
                }

                Whole(name, name, result, before, after);
            }

            Config(result, before, after, refresh);
            Created(result, after);
            var rootfs = result["rootfs"] as JsonObject ?? [];
            rootfs["diff_ids"] = new JsonArray(newBase.DiffIds.Concat(app.DiffIds.Skip(oldBase.DiffIds.Count))
                .Select(d => (JsonNode)JsonValue.Create(d.ToString())).ToArray());
            if (HistoryMerge.Merge(app, oldBase, newBase) is { } history)
            {
                result["history"] = history;
            }

            return new MergedConfig(RebaseJson.Serialize(result), _reports);
        }

        private void Config(JsonObject result, JsonObject before, JsonObject after, BaseRefresh refresh)
        {
            var mine = result["config"] as JsonObject ?? [];
            var old = before["config"] as JsonObject ?? [];
            var @new = after["config"] as JsonObject ?? [];
            foreach (var name in Names(mine, @new))
            {
                if (name == "Env")
                {
                    Env(mine, old, @new);
                }
                else if (ByKey.Contains(name))
                {
                    Keys(name, mine, old, @new);
                }
                else if (name == "OnBuild")
                {
                    Triggers(old, @new);
                }
                else
                {
                    Whole($"config.{name}", name, mine, old, @new);
                }
            }

            if (mine["Labels"] is JsonObject labels)
            {
                RefreshLabels(labels, refresh);
            }

            if (mine.Count > 0 || result.ContainsKey("config"))
            {
                RebaseJson.Set(result, "config", mine);
            }
        }

        // Triggers run while an image is built on the base and are not inherited: the application's own list is right as it is.
        private void Triggers(JsonObject old, JsonObject @new)
        {
            if (!RebaseJson.Same(old["OnBuild"], @new["OnBuild"]))
            {
                _reports.Add("The base's ONBUILD instructions changed; only a build on the new base runs them.");
            }
        }

        private void RefreshLabels(JsonObject labels, BaseRefresh refresh)
        {
            if (app.Labels.ContainsKey(RecordedBase.NameKey))
            {
                labels[RecordedBase.NameKey] = refresh.Name.ToString();
            }

            if (app.Labels.TryGetValue(RecordedBase.DigestKey, out var digest))
            {
                labels[RecordedBase.DigestKey] = refresh.Replace(digest);
            }
        }

        // The later of the two dates, so that the result depends on its inputs alone and never seems older than its base.
        private void Created(JsonObject result, JsonObject after)
        {
            if (newBase.Created is { } baseCreated && (app.Created is not { } mine || baseCreated > mine))
            {
                RebaseJson.Set(result, "created", after["created"]);
            }
        }

        private void Whole(string path, string name, JsonObject mine, JsonObject old, JsonObject @new)
        {
            if (!RebaseJson.Same(mine[name], old[name]))
            {
                ReportBoth(path, mine[name], old[name], @new[name]);
                return;
            }

            if (RebaseJson.Same(mine[name], @new[name]))
            {
                return;
            }

            if (@new.ContainsKey(name))
            {
                RebaseJson.Set(mine, name, @new[name]);
            }
            else
            {
                mine.Remove(name);
            }
        }

        private void Keys(string name, JsonObject mine, JsonObject old, JsonObject @new) =>
            Store(name, mine, Map(mine[name], name), Map(old[name], name), Map(@new[name], name), entries => new JsonObject(entries));

        private void Env(JsonObject mine, JsonObject old, JsonObject @new) =>
            Store("Env", mine, Variables(mine["Env"]), Variables(old["Env"]), Variables(@new["Env"]), entries => new JsonArray(entries
                .Select(e => (JsonNode)JsonValue.Create(e.Value is null ? e.Key : $"{e.Key}={e.Value.GetValue<string>()}")).ToArray()));

        private void Store(string name, JsonObject config, Entries mine, Entries old, Entries @new,
            Func<IEnumerable<KeyValuePair<string, JsonNode?>>, JsonNode> write)
        {
            var merged = Merge(name, mine, old, @new);
            if (merged.Count == 0 && mine.Count > 0)
            {
                config.Remove(name);
            }
            else if (merged.Count > 0)
            {
                config[name] = write(merged);
            }
        }

        // The new base's entries in their order, then the application's own: as a build on the new base would list them.
        private Entries Merge(string name, Entries mine, Entries old, Entries @new)
        {
            var result = new Entries();
            foreach (var key in @new.Select(e => e.Key).Concat(mine.Select(e => e.Key)).Distinct(NameComparer(name)))
            {
                var (isMine, my) = Find(mine, key, name);
                var (isOld, before) = Find(old, key, name);
                var (isNew, after) = Find(@new, key, name);
                var unchanged = isMine == isOld && (!isMine || JsonNode.DeepEquals(my, before));
                if (!unchanged && isOld)
                {
                    ReportBoth($"config.{name} '{key}'", my, before, after);
                }

                if (unchanged ? isNew : isMine)
                {
                    result.Add(new(key, (unchanged ? after : my)?.DeepClone()));
                }
            }

            return result;
        }

        private (bool Found, JsonNode? Value) Find(Entries entries, string key, string name)
        {
            // The last of two entries counts, as in engines.
            var i = entries.FindLastIndex(e => NameComparer(name).Equals(e.Key, key));
            return i < 0 ? (false, null) : (true, entries[i].Value);
        }

        private StringComparer NameComparer(string name) =>
            name == "Env" && app.Platform.Os == "windows" ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;

        private void ReportBoth(string path, JsonNode? mine, JsonNode? old, JsonNode? @new)
        {
            if (!RebaseJson.Same(old, @new) && !RebaseJson.Same(mine, @new))
            {
                _reports.Add($"The base changed {path} from {Text(old)} to {Text(@new)}; the application's {Text(mine)} stays.");
            }
        }

        private static string Text(JsonNode? node) => node?.ToJsonString() ?? "nothing";

        private static string[] Names(JsonObject mine, JsonObject @new) =>
            mine.Select(p => p.Key).Concat(@new.Select(p => p.Key)).Distinct().ToArray();

        private static Entries Map(JsonNode? node, string name) => node switch
        {
            null => [],
            JsonObject map => [.. map],
            _ => throw new FormatException($"config.{name} is not an object."),
        };

        private static Entries Variables(JsonNode? node) => node switch
        {
            null => [],
            JsonArray list => list.Select(Variable).ToList(),
            _ => throw new FormatException("config.Env is not a list."),
        };

        private static KeyValuePair<string, JsonNode?> Variable(JsonNode? node)
        {
            var text = node?.GetValue<string>() ?? throw new FormatException("config.Env has an entry that is not a string.");
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            return equals < 0 ? new(text, null) : new(text[..equals], JsonValue.Create(text[(equals + 1)..]));
        }
    }
}
